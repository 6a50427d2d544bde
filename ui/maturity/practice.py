"""Practice on the Maturity page: who takes part, who can do what, does learning reach the work?"""

from __future__ import annotations

import html

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.frames.register import SKILLS
from metrics.functions import BY_KEY
from metrics.model import ALL
from metrics.practice.ncp import PARTS
from metrics.practice.part import (
    CONTRIBUTION_TARGET,
    NETWORK_TARGET,
    PARTICIPATION_TARGET,
    RECENT_MONTHS,
    PracticePart,
)
from metrics.practice.skills import HELD
from metrics.units import COUNT, SHARE
from ui.door import session
from ui.look import writing
from ui.look.theme import tokens
from ui.maturity import charts
from ui.maturity.company import cards, title
from words import say

MANY = 100.0
"""Odds ratios beyond it are written as such: the records hold no more."""


def show(current: session.Session) -> None:
    """Show network, skills, learning, and hire or train."""
    part = current.report().practice
    network(part)
    coverage(part)
    learning(part)
    support(part)
    hire(part, current.profile.currency)


def _name(function: str) -> str:
    return say("maturity.agreement_all") if function == ALL else title(function)


def _missing(register: str) -> None:
    writing.show_quiet(say("practice.missing", register=say(f"frame.{register}").lower()))


def network(part: PracticePart) -> None:
    """Show network, contribution and participation, and which of them holds back."""
    writing.heading(say("practice.network"), say("practice.network_about"))
    rows = part.network
    if rows.empty:
        _missing("contacts")
        return
    whole = rows.iloc[0]
    if whole["reason"]:
        writing.show_quiet(say(f"practice.{whole['reason']}"))
    else:
        st.write(
            say(
                "practice.network_said",
                weakest=say(f"practice.part_{whole['weakest']}"),
                score=SHARE.write(whole["score"]),
                n=whole["contacts"],
                relevance=SHARE.write(whole["relevance"]),
                people=whole["people"],
            )
        )
    long = rows.melt(["function", "weakest"], list(PARTS), "part", "value").dropna(subset="value")
    long = long.assign(
        label=[_name(f) for f in long["function"]],
        lowest=long["part"] == long["weakest"],
        said=[SHARE.write(v) for v in long["value"]],
        part=[say(f"practice.part_{p}") for p in long["part"]],
    )
    words = "; ".join(f"{r.label}, {r.part}: {r.said}" for r in iterate_rows(long))
    st.altair_chart(charts.indices(long, tokens(), description=words))
    writing.show_quiet(
        say(
            "practice.network_key",
            months=RECENT_MONTHS,
            network=f"{NETWORK_TARGET:g}",
            contribution=f"{CONTRIBUTION_TARGET:g}",
            participation=f"{PARTICIPATION_TARGET:g}",
        )
    )


def coverage(part: PracticePart) -> None:
    """Show the best level of each skill in each function, heroes, and dual competence."""
    writing.heading(say("practice.skills"), say("practice.skills_about", held=f"{HELD:g}"))
    if part.coverage.empty:
        _missing("people")
        return
    table = part.coverage.set_index(["function", "skill"])
    functions = list(dict.fromkeys(part.coverage["function"]))
    head = "".join(f"<th scope='col'>{say(f'table.{s}')}</th>" for s in SKILLS)
    colours = tokens()
    body = ""
    for function in functions:
        cells = "".join(_skill(table.loc[(function, s)], colours) for s in SKILLS)
        body += f"<tr><th scope='row'>{html.escape(title(function))}</th>{cells}</tr>"
    st.html(
        f'<div class="attune-evidence" tabindex="0"><table class="attune-matrix"><thead><tr>'
        f"<th scope='col'>{say('table.function')}</th>{head}</tr></thead><tbody>{body}</tbody>"
        "</table></div>"
    )
    open_ = part.coverage[~part.coverage["covered"] & part.coverage["level"].notna()]
    heroes = part.coverage[part.coverage["hero"] != ""]
    writing.show_quiet(
        say(
            "practice.skills_key",
            held=f"{HELD:g}",
            uncovered=len(open_),
            all=len(part.coverage),
            heroes=len(heroes),
        )
    )
    cards(
        [
            (
                "",
                "",
                title(r.function),
                [say("practice.dual", both=r.both, people=r.people, share=SHARE.write(r.share))],
            )
            for r in iterate_rows(part.dual)
        ]
    )


def _skill(row: pd.Series, colours) -> str:
    if row["reason"]:
        return f"<td>{say('practice.too_few')}</td>"
    if pd.isna(row["level"]):
        return f"<td>{say('practice.not_rated')}</td>"
    place = min(4, max(0, round(row["level"]) - 1))
    mark = "" if row["holders"] != 1 else " ◆"
    held = say("practice.holders", n=row["holders"])
    return (
        f'<td style="background:{colours.ramp[place]};color:{_readable_ink(colours, place)}" '
        f'title="{held}">{row["level"]:.0f}{mark}</td>'
    )


def _readable_ink(colours, place: int) -> str:
    """Return the ink that reads on a step of the ramp."""
    light = colours.paper > "#8"
    if light:
        return "#FFFFFF" if place >= 4 else "#10171A"
    return "#10171A" if place >= 2 else colours.ink


def learning(part: PracticePart) -> None:
    """Show dose, practice, certificates and what reached the work."""
    writing.heading(say("practice.learning"), say("practice.learning_about"))
    if part.learning.empty:
        _missing("training")
        return
    cards(
        [
            (
                say("practice.learners", n=int(r.learners)),
                "",
                _name(r.function),
                [
                    say(
                        "practice.dose",
                        hours=COUNT.write(r.hours_per_learner),
                        sessions=f"{r.sessions_per_learner:.1f}",
                        single=SHARE.write(r.single_event_share),
                    ),
                    say(
                        "practice.practised",
                        ratio=SHARE.write(r.practice_ratio),
                        mentoring=f"{r.mentoring_per_learner:.1f}",
                    ),
                    say(
                        "practice.certified",
                        certified=SHARE.write(r.certified_share),
                        artefact=SHARE.write(r.certified_with_artefact_share),
                    ),
                    say("practice.applied", share=SHARE.write(r.applied_share)),
                ],
            )
            for r in iterate_rows(part.learning.sort_values("function", key=lambda c: c != ALL))
        ]
    )


def support(part: PracticePart) -> None:
    """Show what support and skills go with, as odds ratios with their intervals."""
    writing.heading(say("practice.support"), say("practice.support_about"))
    cards(
        [
            _odds("support_effect", part.support),
            _odds("skill_gap", part.skill_gap),
        ]
    )


def _odds(name: str, found: dict) -> tuple[str, str, str, list[str]]:
    (a, b), (c, d) = found["table"]
    counts = say(f"practice.{name}_counts", a=a, b=b, c=c, d=d)
    heading = say(f"practice.{name}")
    if found["reason"]:
        return say("tile.cannot_tell"), "", heading, [say(f"practice.{found['reason']}"), counts]
    said = say(
        "practice.odds",
        estimate=_ratio(found["estimate"]),
        low=_ratio(found["low"]),
        high=_ratio(found["high"]),
        level=found["level"],
    )
    verdict = say("practice.shown" if found["shown"] else "practice.not_shown")
    return verdict, "better" if found["shown"] else "", heading, [said, counts]


def _ratio(value: float) -> str:
    if value is None or pd.isna(value) or value > MANY:
        return say("practice.over", limit=f"{MANY:g}")
    return f"{value:.1f}"


def hire(part: PracticePart, currency: str) -> None:
    """Show what hiring and training one person cost, and when they are level."""
    writing.heading(say("practice.hire"), say("practice.hire_about"))
    st.write(writing.hire_or_train(part.hire, currency))
    lacking = part.coverage[~part.coverage["covered"].astype(bool)]
    lacking = lacking[lacking["function"].isin(list(BY_KEY)) & lacking["level"].notna()]
    if len(lacking):
        where = "; ".join(
            f"{title(f)}: {', '.join(say(f'table.{s}').lower() for s in p['skill'])}"
            for f, p in lacking.groupby("function", sort=False)
        )
        writing.show_quiet(say("practice.hire_where", where=where))
    writing.show_quiet(say("practice.hire_source"))
