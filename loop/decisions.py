"""Predictions and decisions: frozen when made, scored when their months arrive."""

from __future__ import annotations

from datetime import date

import pandas as pd

from loop.reports import assumptions, carry_over, code_version, report
from metrics.forecast.issued import MODEL_ITSELF
from metrics.forecast.issued import issue as freeze_forecasts
from metrics.maturity.contradiction import sides
from metrics.maturity.part import model_of
from metrics.proposals.taking import take_up as draft_proposal
from metrics.report import PARTS, READ_ISSUED, Report, dependent_parts
from metrics.tuning.deciding import draft_decisions
from metrics.tuning.ledger import check as check_decisions
from workspaces.access import Workspace


def issue_forecasts(
    workspace: Workspace,
    expected_revision: int,
    rows: pd.DataFrame,
    *,
    issued: date | None = None,
    by: str = MODEL_ITSELF,
    model: str = "",
    note: str = "",
) -> int:
    """Freeze predictions with the client and return the new revision.

    Parameters
    ----------
    rows : DataFrame
        What is predicted, as ``metrics.forecast.issued.issue`` takes it.
    issued : date, optional
        Today unless told.
    by : str
        ``model``, or the pseudonym or role of the person whose call it is.

    Raises
    ------
    InvalidInput
        Nothing to issue, a month twice, bounds the wrong way round.
    StaleRevision
        Somebody saved in between.
    """
    chosen = assumptions(workspace, expected_revision)
    frozen = freeze_forecasts(
        rows,
        issued=issued or date.today(),
        revision=expected_revision,
        by=by,
        model=model,
        code_version=code_version(),
        assumptions=chosen.checksum,
        seed=chosen.whole("seed"),
        note=note,
    )
    number = workspace.save(
        expected_revision,
        "issue",
        frames={"issued_forecasts": frozen},
        summary=str(frozen["issue"].iloc[0]),
    )
    _carry_issued(workspace, expected_revision, number)
    return number


def decide(workspace: Workspace, expected_revision: int, choices: pd.DataFrame) -> int:
    """Write decisions into the ledger, each with its frozen prediction; return the new revision.

    Parameters
    ----------
    choices : DataFrame
        As ``metrics.tuning.deciding.draft_decisions`` takes them.

    Raises
    ------
    InvalidInput
        No owner, no reason, dated before its evidence, a decision that stands already.
    StaleRevision
        Somebody saved in between.
    """
    part = report(workspace, expected_revision).tuning
    return _write_down(workspace, expected_revision, *draft_decisions(part, choices))


def take_up(
    workspace: Workspace,
    expected_revision: int,
    proposal: str,
    *,
    owner: str,
    reason: str,
    day: date | None = None,
) -> int:
    """Decide on a proposal of the list: what it promises is frozen; return the new revision.

    Parameters
    ----------
    proposal : str
        By which ``report.proposals`` knows it.
    day : date, optional
        Today unless told.

    Raises
    ------
    InvalidInput
        It stands in the list no more; no owner, no reason, dated before its evidence.
    StaleRevision
        Somebody saved in between.
    """
    known = report(workspace, expected_revision)
    choice = {"owner": owner, "reason": reason, "day": day or date.today()}
    drafted = draft_proposal(known.proposals.table, known.tuning, proposal, choice)
    return _write_down(workspace, expected_revision, *drafted)


def _write_down(
    workspace: Workspace, expected_revision: int, rows: pd.DataFrame, ahead: pd.DataFrame
) -> int:
    check_decisions(rows, workspace.snapshot(expected_revision)["decisions"])
    chosen = assumptions(workspace, expected_revision)
    frozen = [
        freeze_forecasts(
            said.drop(columns="by"),
            issued=rows["day"].max().date(),
            revision=expected_revision,
            by=str(by),
            model="tuning" if by == MODEL_ITSELF else "",
            code_version=code_version(),
            assumptions=chosen.checksum,
            seed=chosen.whole("seed"),
        )
        for by, said in (ahead.groupby("by", sort=False) if len(ahead) else ())
    ]
    frames = {"decisions": rows} | (
        {"issued_forecasts": pd.concat(frozen, ignore_index=True)} if frozen else {}
    )
    number = workspace.save(
        expected_revision, "decide", frames=frames, summary=", ".join(rows["decision"])
    )
    _carry_issued(workspace, expected_revision, number)
    return number


def score(workspace: Workspace, expected_revision: int) -> int:
    """Keep the scores of decisions whose months have arrived; return the revision they stand in.

    A score whose actual values were restated since gets a second one beside it.
    """
    if workspace.snapshot(expected_revision)["decisions"].empty:
        return expected_revision
    due = report(workspace, expected_revision).loop.pending
    if due.empty:
        return expected_revision
    number = workspace.save(
        expected_revision, "score", frames={"decision_scores": due}, summary=f"{len(due)}"
    )
    _carry_issued(workspace, expected_revision, number)
    return number


def _carry_issued(workspace: Workspace, before: int, number: int) -> None:
    """Carry over everything but the record of what was issued and what that record changes.

    Maturity is read anew when the loop's own figures moved; what rests on maturity only when one
    of them crossed a threshold, because nothing else moves a level.
    """
    levels = {Report.maturity, *dependent_parts(Report.maturity)}
    carry_over(workspace, before, number, levels | READ_ISSUED)
    was, now = (report(workspace, at).loop.evidence for at in (before, number))
    rules = model_of(workspace.snapshot(number)).rules
    moved = set() if was.equals(now) else {Report.maturity}
    if sides(was, rules) == sides(now, rules):
        kept = levels - moved - READ_ISSUED
        carry_over(workspace, before, number, set(PARTS) - kept)
