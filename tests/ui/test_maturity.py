"""Maturity and Assess in-process: the sample company, an empty client, saving, resuming."""

from __future__ import annotations

import pandas as pd
import pytest

from loop import entries, reports, uploads
from loop.sample import SAMPLE_AS_OF
from metrics.errors import StaleRevision
from metrics.maturity import load_model
from metrics.maturity.answers import LEAST_RATERS
from metrics.maturity.gates import GATES
from metrics.model import Profile
from tests.support.pages import empty_client, opened, text
from words import knows, say
from workspaces.access import LOCAL, enter
from workspaces.store import Store

MODEL = load_model()


def rows(rater: str, value: float | None, dimension: str, function: str = "support"):
    """Answers of one rater to one dimension, all alike."""
    state = "answered" if value is not None else "don't know"
    return pd.DataFrame(
        [
            {
                "wave": "2026-10",
                "model_version": MODEL.version,
                "rater": rater,
                "rater_role": f"role of {rater}",
                "rater_function": function,
                "function": function,
                "constituency": "all",
                "question": q.id,
                "value": value,
                "state": state,
                "stage": "before",
                "evidence": "",
                "evidence_kind": "assertion",
            }
            for q in MODEL.dimension(dimension).questions
        ]
    )


def begun(database, opened, **address: str):
    client = empty_client(database)
    where = {
        "rater": "R-0000e1",
        "wave": "2026-10",
        "function": "support",
        "role": "Head of support",
        "home": "support",
    }
    return client, opened("assess", **(where | address))


def answer(app, choices: list, evidence: str = "") -> None:
    for radio, choice in zip(app.radio, choices, strict=True):
        radio.set_value(choice)
    for field in app.text_input:
        field.set_value(evidence)
    next(b for b in app.button if b.label in save_labels()).click().run()


def save_labels() -> set[str]:
    return {say("maturity.assess.save"), say("maturity.assess.save_next")}


def test_the_sample_company_shows_what_its_data_say(company) -> None:
    app = opened("maturity")
    assert not app.exception
    shown = text(app)
    assert say("maturity.verdict_company", level=2, name="Emerging") in shown
    assert say("maturity.support_contradicted", n=1) in shown


def test_isolation_hollowness_and_abandonment_are_shown_with_what_they_rest_on(company) -> None:
    app = opened("maturity", view="evidence")
    assert not app.exception
    shown = text(app)
    for gate, evidence in (
        ("isolated_team", "Online Care"),
        ("hollow_practice", "Technology"),
        ("give_up", "Deal rooms with customer experts"),
    ):
        assert say(f"maturity.gate.{gate}") in shown
        assert evidence in shown
    assert say("maturity.gates.none") not in shown, "no gate is without data"


VIEWS = ("change", "practice", "roadmap", "divide", "model")


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_opens_with_and_without_data(company, view) -> None:
    app = opened("maturity", view=view)
    assert not app.exception
    assert not app.error


@pytest.mark.parametrize("view", VIEWS)
def test_every_view_of_an_empty_client_says_what_is_missing(database, view) -> None:
    empty_client(database)
    app = opened("maturity", view=view)
    assert not app.exception
    assert not app.error


def test_two_choices_lead_to_answers_and_evidence(company, sample) -> None:
    app = opened("maturity", function="sales", dimension="TEC")
    shown = text(app)
    title = MODEL.dimension("TEC").title
    assert say("maturity.why", level=1, next=2, dimension=title) in [s.value for s in app.subheader]
    question = MODEL.question("TEC-2")
    assert question.criteria[0] in shown
    assert question.text in shown
    answers = sample.snapshot["answers"]
    mine = answers[
        (answers["wave"] == "2026-10")
        & (answers["function"] == "sales")
        & (answers["question"] == "TEC-2")
    ]
    assert len(mine) >= LEAST_RATERS
    for one in mine.itertuples():
        assert one.rater_role in shown
        assert one.evidence in shown
        assert f">{one.rater}" not in shown, "the role is shown, not the pseudonym"


def test_a_capped_dimension_waits_for_the_data(company) -> None:
    shown = text(opened("maturity", function="support", dimension="ORG"))
    facts = {"claimed": 3, "claimed_name": "Organised", "cap": 2, "cap_name": "Emerging"}
    assert say("maturity.why_capped", **facts) in shown
    assert say("maturity.why_open", level=3) not in shown, "answers alone would carry level 3"


def test_an_empty_client_is_led_to_the_form(database) -> None:
    empty_client(database)
    app = opened("maturity")
    assert not app.exception
    assert say("maturity.empty", client="Small Ltd") in text(app)
    assert [link.proto.label for link in app.main.get("page_link")] == [say("maturity.begin")]


def test_a_rater_begins_with_a_role(database, alone) -> None:
    empty_client(database)
    app = alone("assess")
    begin = next(b for b in app.button if b.label == say("maturity.assess.begin"))
    begin.click().run()
    assert say("maturity.assess.role_missing") in [e.value for e in app.error]
    app.text_input[0].set_value("Head of support")
    next(b for b in app.button if b.label == say("maturity.assess.begin")).click().run()
    assert not app.exception
    assert "R-" in str(app.query_params["rater"])
    assert len(app.radio) == 4
    assert "Head of support" in text(app)


def test_saving_one_part_raises_the_revision_and_changes_the_score(database, alone) -> None:
    client, app = begun(database, alone)
    store = Store.open(str(database))
    before = reports.report(enter(store, LOCAL, client)).maturity
    assert before.dimensions.empty
    answer(app, [1.0, 1.0, 0.25, 0.0], "Plan 2026")
    assert not app.exception
    assert not app.error
    assert store.revision(client) == 2
    after = reports.report(enter(store, LOCAL, client)).maturity.dimensions
    strategy = after.set_index("dimension").loc["STR"]
    assert strategy["capability"] == pytest.approx(1 + 1 + 1 + 0.25)
    assert strategy["attained"] == 3
    kept = store.snapshot(client)["answers"]
    assert set(kept["rater_role"]) == {"Head of support"}
    assert set(kept["evidence"]) == {"Plan 2026"}
    store.close()


def test_the_link_brings_back_what_was_saved_and_where(database, alone) -> None:
    client, app = begun(database, alone)
    answer(app, [1.0, 1.0, 0.25, "don't know"])
    assert str(app.query_params["part"]) in ("INS", "['INS']"), "on to the next part"
    again = alone("assess", rater="R-0000e1", wave="2026-10", function="support", part="STR")
    assert [radio.value for radio in again.radio] == [1.0, 1.0, 0.25, "don't know"]
    assert "Head of support" in text(again), "the role is known from what was saved"
    answer(again, [0.0, 1.0, 0.25, "don't know"])
    store = Store.open(str(database))
    answers = store.snapshot(client)["answers"]
    assert len(answers) == 4, "the same questions are replaced, not added"
    assert answers.set_index("question").loc["STR-2", "value"] == 0.0
    store.close()


def test_a_part_is_saved_whole_or_not_at_all(database, alone) -> None:
    client, app = begun(database, alone)
    answer(app, [1.0, None, "not applicable", 0.0])
    said = [e.value for e in app.error]
    assert say("maturity.assess.unanswered", questions="2") in said
    assert say("maturity.assess.reason_missing", questions="3") in said
    store = Store.open(str(database))
    assert store.revision(client) == 1
    store.close()


def test_raters_who_save_at_once_lose_nothing(store, monkeypatch) -> None:
    client = store.create_client(Profile("Small Ltd", ("support",)), "tests", SAMPLE_AS_OF)
    late = rows("R-001a7e", 0.5, "STR")
    saved = store.save
    interrupted = []

    def save(*arguments, **named):
        if not interrupted:
            interrupted.append(True)
            entries.answer(enter(store, LOCAL, client), rows("R-00ea71", 1.0, "STR"))
        return saved(*arguments, **named)

    monkeypatch.setattr(store, "save", save)
    assert entries.answer(enter(store, LOCAL, client), late) == 3
    assert set(store.snapshot(client)["answers"]["rater"]) == {"R-00ea71", "R-001a7e"}

    def refuse(*arguments, **named):
        raise StaleRevision("stale_revision", expected=1, current=2, changes=[])

    monkeypatch.setattr(store, "save", refuse)
    with pytest.raises(StaleRevision):
        entries.answer(enter(store, LOCAL, client), late)


def test_a_lone_rater_who_knows_nothing_is_told_so(database) -> None:
    client = empty_client(database)
    store = Store.open(str(database))
    entries.answer(enter(store, LOCAL, client), rows("R-0000e1", None, "STR"))
    store.close()
    app = opened("maturity")
    assert not app.exception
    assert say("maturity.finding.all_dont_know", function="Support") in text(app)


def test_one_function_alone_is_no_company(database) -> None:
    client = empty_client(database)
    store = Store.open(str(database))
    for rater in ("a", "b", "c"):
        entries.answer(enter(store, LOCAL, client), rows(rater, 0.5, "STR"))
    store.close()
    app = opened("maturity")
    assert not app.exception
    why = say("maturity.reason.fewer_than_three_functions")
    assert say("maturity.verdict_refused", reason=why) in text(app)


def test_an_answer_called_none_is_an_answer() -> None:
    sheet = (
        b"Wave,Rater,Role,Rater function,Function,Question,Answer\n"
        b"2026-10,R1,Head,Support,Support,STR-5,None\n2026-10,R2,Head,Support,Support,STR-5,NONE\n"
    )
    found = uploads.check([("answers.csv", sheet)], Profile("Small Ltd", ("support",)))
    assert list(found.frames["answers"]["value"]) == [0.0, 0.0]
    assert set(found.frames["answers"]["state"]) == {"answered"}


@pytest.mark.parametrize("gate", GATES, ids=lambda gate: gate.key)
def test_every_gate_has_its_words(gate) -> None:
    codes = [f"gate.{gate.key}", f"gate_found.{gate.key}", f"advice.{gate.advice}"]
    codes += [f"{kind}{name}" for name in gate.needs for kind in ("advice.record_", "input.")]
    assert all(knows(f"maturity.{code}") for code in codes)


def test_a_function_is_answered_for_one_constituency_too(database, alone) -> None:
    client, app = begun(database, alone, whom="customers", part="ADV")
    assert len(app.radio) == 4
    assert say("maturity.assess.whom", whom="customers") in text(app)
    answer(app, [1.0, 1.0, 0.5, 0.0])
    assert not app.exception
    store = Store.open(str(database))
    assert set(store.snapshot(client)["answers"]["constituency"]) == {"customers"}
    found = reports.report(enter(store, LOCAL, client)).maturity.constituencies
    assert found.set_index("constituency").loc["customers", "questions"] == 4
    store.close()
    strategy = alone(
        "assess", rater="R-0000e1", wave="2026-10", function="support", whom="customers", part="STR"
    )
    assert len(strategy.radio) == 1, "only what differs by whom one works with is asked again"


def test_evidence_is_kept_as_an_upload_of_its_own(store) -> None:
    client = store.create_client(Profile("Small Ltd", ("support",)), "tests", SAMPLE_AS_OF)
    entries.answer(enter(store, LOCAL, client), rows("R-0000e1", 0.5, "STR"))
    assert (
        uploads.attach(enter(store, LOCAL, client), [("Evidence plan.pdf", b"%PDF")], "evidence")
        == 3
    )
    kept = store.uploads(client)
    assert kept["name"].tolist() == ["Evidence plan.pdf"]
    assert store.original(client, kept["upload"].iloc[0])[1] == b"%PDF"
    assert len(store.snapshot(client)["answers"]) == 4
