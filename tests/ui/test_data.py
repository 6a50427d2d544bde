"""The walk of the Data page: it opens where a person is needed, remembers, previews, records."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ingest import bounded, layouts, workbook
from ingest.readers import worker
from loop import profiles, review
from tests.support.pages import empty_client, pressed, text, uploader
from words import say
from workspaces.access import LOCAL, enter
from workspaces.store import Store

STRANGE = "Nr;Zustand;Weg;Auf;Zu;Kommentar\n{rows}"
ROW = "{n};Closed;Mail;2024-{m:02}-0{d};2024-{m:02}-1{d};Der Kunde war sehr unzufrieden mit uns\n"
GOOD = "Month,Team,Support cost,Tickets resolved\n2025-01,North,1000,100\n2025-02,North,1100,100\n"
BAD = "Month,Team,Support cost,Tickets resolved\n2025-03,North,about 900,100\n2025-04,North,9,1\n"
MENDED = "Month,Team,Support cost,Tickets resolved\n2025-03,North,900,100\n2025-04,North,9,1\n"


def strange(month: int) -> bytes:
    rows = "".join(ROW.format(n=100 * month + d, m=month, d=d) for d in range(1, 9))
    return STRANGE.format(rows=rows).encode("cp1252")


@pytest.fixture
def store(database):
    client = empty_client(database)
    store = Store.open(str(database))
    store.client, store.workspace = client, enter(store, LOCAL, client)
    yield store
    store.close()


def dropped(app, **files: bytes) -> None:
    given = [(name.replace("_csv", ".csv"), data, "text/csv") for name, data in files.items()]
    uploader(app).set_value(given)
    app.run()
    assert not app.exception


def step(app) -> str:
    return next(s for s in text(app).split("<li ") if "aria-current" in s)


def test_nothing_to_decide_goes_straight_to_the_preview(store, alone):
    app = alone("data")
    assert "1 Drop" in step(app)
    dropped(app, good_csv=GOOD.encode())
    assert "4 Save" in step(app)
    moves = next(t.value for t in app.dataframe if "after" in t.value)
    assert list(moves["after"]) == ["€10.5"]
    assert list(moves["before"]) == ["–"]
    assert store.revision(store.client) == 1, "a preview writes nothing"
    pressed(app, say("page.data.save", revision=2))
    assert say("page.data.saved", revision=2) in [s.value for s in app.success]
    past = alone("data", view="history")
    history = next(t.value for t in past.dataframe if "moved" in t.value)
    assert "Cost per resolution €10.5 (new)" in history["moved"].iloc[0]


def test_an_unknown_layout_is_mapped_once_by_picking_and_then_remembered(store, alone):
    app = alone("data")
    dropped(app, januar_csv=strange(1))
    assert "2 Understand" in step(app)
    shown = next(t.value for t in app.dataframe if "written" in t.value)
    assert "windows-1252" in shown["written"].iloc[0] or "utf-8" in shown["written"].iloc[0]
    assert "“;”" in shown["written"].iloc[0]

    onward = next(b for b in app.button if b.label == say("data.next", step=say("data.step_mend")))
    assert onward.disabled
    assert say("data.unfinished_understand", confirm=say("data.confirm")) in text(app)

    def pick(label: str, value: str) -> None:
        next(s for s in app.selectbox if s.label == label).select(value).run()
        assert not app.exception

    pick(say("data.kind"), "zendesk_tickets")
    for heading, field in (
        ("Nr", "ticket"),
        ("Zustand", "status"),
        ("Weg", "channel"),
        ("Auf", "created_at"),
        ("Zu", "solved_at"),
    ):
        pick(say("data.column_means", heading=heading), field)
    assert say("data.column_person_left") in text(app)
    pressed(app, say("data.confirm"))
    pressed(app, say("data.next", step=say("data.step_mend")))
    pressed(app, say("data.next", step=say("data.step_save")))
    pressed(app, say("page.data.save", revision=2))
    assert store.revision(store.client) == 2
    entry = review.mappings(store.workspace)[0]
    assert (entry["source"], entry["by"]) == ("zendesk_tickets", "local")

    dropped(app, februar_csv=strange(2))
    assert "4 Save" in step(app) or "3 Mend" in step(app), "no mapping is asked for"
    found = review.examine(store.workspace, [("februar.csv", strange(2))])
    assert found.tables[0].by == "local"
    rows = found.frames["observations"]
    assert rows.loc[rows["measure"] == "tickets", "value"].sum() == 8


def test_findings_are_accepted_left_out_or_mended_and_recorded(store, alone):
    app = alone("data")
    dropped(app, bad_csv=BAD.encode())
    assert "3 Mend" in step(app)
    pressed(app, say("data.exclude"))
    assert "bad.csv" in text(app)
    findings = [t.value for t in app.dataframe if "severity" in t.value]
    assert not findings or "C2" not in " ".join(findings[0]["place"])
    pressed(app, say("data.take_back"))
    assert "C2" in " ".join(next(t.value for t in app.dataframe if "severity" in t.value)["place"])
    pressed(app, say("data.accept"))
    table = next(t.value for t in app.dataframe if "severity" in t.value)
    assert "accepted by local" in " ".join(table["decision"])
    pressed(app, say("data.next", step=say("data.step_save")))
    pressed(app, say("page.data.save", revision=2))
    made = review.decisions(store.workspace)
    assert list(made.loc[made["code"] == "not_a_number", "choice"]) == [review.ACCEPT]
    assert set(made["who"]) == {"local"}
    assert made["when"].str.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ").all()


def test_a_file_mended_and_dropped_again_is_recorded_as_such(store, alone):
    app = alone("data")
    dropped(app, bad_csv=BAD.encode())
    dropped(app, bad_csv=MENDED.encode())
    assert say("data.fixed_about", n=1) in text(app) or "4 Save" in step(app)
    review_step = [b.label for b in app.button]
    if say("page.data.save", revision=2) not in review_step:
        pressed(app, say("data.next", step=say("data.step_save")))
    pressed(app, say("page.data.save", revision=2))
    made = review.decisions(store.workspace)
    assert review.FIXED in set(made.loc[made["code"] == "not_a_number", "choice"])


def test_undo_and_redo_walk_back_and_on(store, alone):
    for number, month in enumerate(("2025-01", "2025-02"), 1):
        data = f"Month,Support cost,Tickets resolved\n{month},100,10\n".encode()
        found = review.examine(store.workspace, [(f"{month}.csv", data)])
        review.save(store.workspace, number, [(f"{month}.csv", data)], found)
    app = alone("data")
    pressed(app, say("page.data.undo", revision=3))
    assert store.snapshot(store.client)["observations"]["month"].nunique() == 1
    pressed(app, say("page.data.undo", revision=4))
    assert store.snapshot(store.client)["observations"].empty
    pressed(app, say("data.redo", revision=2))
    pressed(app, say("data.redo", revision=3))
    assert store.snapshot(store.client)["observations"]["month"].nunique() == 2
    assert review.steps(store.history(store.client)) == (2, None)


def test_a_mapping_is_kept_with_its_history(store):
    data = strange(1)
    table = review.examine(store.workspace, [("a.csv", data)]).tables[0].table
    for number, field in ((1, "channel"), (2, "group")):
        entry = layouts.entry_for(
            table,
            "zendesk_tickets",
            {
                "Nr": "ticket",
                "Zustand": "status",
                "Weg": field,
                "Auf": "created_at",
                "Zu": "solved_at",
            },
            by="ann",
            at=review.utc_now(),
        )
        found = review.examine(store.workspace, [("a.csv", data)], [entry])
        review.save(store.workspace, number, [("a.csv", data)], found, entries=[entry])
    versions = store.document_history(store.client, "mappings")
    fields = [v["document"]["entries"][0]["columns"]["Weg"] for v in versions]
    assert fields == ["channel", "group"]


def select(app, label: str, value) -> None:
    next(s for s in app.selectbox if s.label == label).select(value).run()
    assert not app.exception


VISITS = "Wann,Ort,Art,Kosten\n2025-01-05,Nord,a,10\n2025-01-31,Nord,b,20\n2025-02-28,Süd,a,5\n"


def test_files_and_picks_wait_over_a_refresh_and_nothing_is_read_again(
    store, alone, monkeypatch
) -> None:
    run, read = worker.run, []

    def counting(task: str, *asked):
        read.append(task)
        return run(task, *asked)

    monkeypatch.setattr(worker, "run", counting)
    monkeypatch.setattr(workbook, "read", lambda name, _: read.append(name))
    app = alone("data")
    dropped(app, visits_csv=VISITS.encode(), good_csv=GOOD.encode())
    assert "2 Understand" in step(app)
    select(app, say("data.kind"), "zendesk_tickets")
    select(app, say("data.column_means", heading="Art"), "status")
    again = alone("data")
    assert "2 Understand" in step(again), "another window, as after a refresh"
    kinds = next(s for s in again.selectbox if s.label == say("data.kind"))
    assert kinds.value == "zendesk_tickets"
    means = say("data.column_means", heading="Art")
    assert next(s for s in again.selectbox if s.label == means).value == "status"
    assert read == [bounded.TASK], "once, in the worker"
    pressed(again, say("data.leave"))
    assert "1 Drop" in step(alone("data"))
    assert store.revision(store.client) == 1


def test_any_table_of_records_is_explained_by_picking_and_shows_its_months_first(
    store, alone
) -> None:
    app = alone("data")
    dropped(app, visits_csv=VISITS.encode())
    assert next(t.value for t in app.dataframe if "Art" in t.value)["Art"].tolist() == [
        "a",
        "b",
        "a",
    ], "the first rows stand beside the question"
    select(app, say("data.kind"), "records")
    select(app, say("data.records_team"), "Ort")
    select(app, say("data.records_measure"), "tickets")
    pressed(app, say("data.records_more"))
    measures = [s for s in app.selectbox if s.label == say("data.records_measure")]
    measures[1].select("support_cost").run()
    sums = [s for s in app.selectbox if s.label == say("data.records_sums")]
    sums[1].select("Kosten").run()
    where = [s for s in app.selectbox if s.label == say("data.records_where")]
    where[1].select("Art").run()
    months = next(t.value for t in app.dataframe if "Support cost" in t.value)
    assert months["Tickets opened"].tolist() == [2, 1, 3]
    assert months["Support cost"].tolist() == [10, 5, 15]
    assert store.revision(store.client) == 1
    pressed(app, say("data.confirm"))
    pressed(app, say("data.next", step=say("data.step_mend")))
    pressed(app, say("data.next", step=say("data.step_save")))
    pressed(app, say("page.data.save", revision=2))
    dropped(app, march_csv=VISITS.replace("2025", "2026").encode())
    assert "4 Save" in step(app), "next month asks nothing"
    past = alone("data", view="history")
    assert next(t.value for t in past.dataframe if "earlier" in t.value)["author"].tolist() == [
        "local"
    ]


def test_teams_that_look_alike_are_one_after_one_click(store, alone) -> None:
    costs = "Month,Team,Support cost\n2025-01,Nord,100\n2025-01,Süd,50\n"
    tickets = "Month,Team,Tickets resolved\n2025-01,Service Nord,10\n2025-01,Service Süd,5\n"
    app = alone("data")
    dropped(app, costs_csv=costs.encode(), tickets_csv=tickets.encode())
    assert "3 Mend" in step(app)
    side = next(t.value for t in app.dataframe if "Service Nord" in t.value)
    assert side.loc["2025-01"].tolist() == ["100 support cost", "10 tickets resolved"]
    pressed(app, say("data.alike_yes", name="Nord"))
    pressed(app, say("data.alike_no"))
    pressed(app, say("data.next", step=say("data.step_save")))
    pressed(app, say("page.data.save", revision=2))
    after = store.snapshot(store.client)
    assert after.profile.teams == {"Nord": ("Service Nord",), "Süd": (), "Service Süd": ()}
    assert set(after["observations"]["team"]) == {"Nord", "Süd", "Service Süd"}


def test_what_feeds_nothing_is_listed_before_saving(store, alone) -> None:
    app = alone("data")
    dropped(app, one_csv=b"Month,Promoters\n2025-01,5\n", odd_csv=b"A,B\nx,y\nz,w\n")
    pressed(app, say("data.next", step=say("data.step_mend")))
    if say("page.data.save", revision=2) not in [b.label for b in app.button]:
        pressed(app, say("data.next", step=say("data.step_save")))
    said = text(app)
    assert "odd.csv: nobody has said what this table is" in said
    assert "Promoters: “Net promoter score” comes closest, and needs" in said


def test_one_cause_is_one_finding_with_its_cells_and_a_count(store, alone) -> None:
    rows = "".join(f"2025-0{m},about 9,100\n" for m in range(1, 8))
    app = alone("data")
    dropped(app, bad_csv=f"Month,Support cost,Tickets resolved\n{rows}".encode())
    table = next(t.value for t in app.dataframe if "severity" in t.value)
    own = table[table["found"] == "about 9"]
    assert own[["place", "cells"]].to_numpy().tolist() == [["B2, B3, B4, B5 +3", 7]]


def test_a_client_that_was_told_a_rate_reads_the_waiting_files_with_it(store, alone) -> None:
    foreign = "Month,Support cost,Tickets resolved\n2025-01,USD 100,10\n2025-02,USD 200,10\n"
    app = alone("data")
    dropped(app, usd_csv=foreign.encode())
    table = next(t.value for t in app.dataframe if "severity" in t.value)
    assert "USD" in " ".join(table["what"])
    profile = replace(store.snapshot(store.client).profile, exchange_rates={"USD": 0.5})
    profiles.change(store.workspace, 1, profile)
    app = alone("data")
    severe = [t.value for t in app.dataframe if "severity" in t.value]
    assert not severe or "exchange rate" not in " ".join(severe[0]["what"])


def test_what_an_earlier_version_read_otherwise_is_listed_and_taken_over(store, alone, monkeypatch):
    files = [("good.csv", GOOD.encode())]
    found = review.examine(store.workspace, files)
    rows = found.frames["observations"]
    wrong = rows.assign(value=rows["value"].where(rows["value"] != 1100, 110_000))
    with monkeypatch.context() as patched:
        patched.setattr("loop.uploads.code_version", lambda folder="metrics": "another")
        found = replace(found, frames={**found.frames, "observations": wrong})
        review.save(store.workspace, 1, files, found)
    app = alone("data")
    assert not app.exception
    assert say("data.stored_differ", n=1, files=1) in text(app)
    listed = next(t.value for t in app.dataframe if "before" in t.value and "place" in t.value)
    assert listed[["before", "after", "place"]].values.tolist() == [
        ["110,000", "1,100", "good.csv › C3"]
    ]
    pressed(app, say("data.stored_take", n=1))
    assert say("data.stored_taken", n=1, revision=3) in [s.value for s in app.success]
    assert say("data.stored") not in text(app)
    assert store.snapshot(store.client, 2)["observations"]["value"].max() == 110_000


def test_what_was_accepted_once_is_not_asked_again_next_month(store, alone) -> None:
    app = alone("data")
    dropped(app, bad_csv=BAD.encode())
    assert "3 Mend" in step(app)
    pressed(app, say("data.next", step=say("data.step_save")))
    pressed(app, say("page.data.save", revision=2))
    longer = BAD + "2025-05,North,10,1\n"
    dropped(app, bad_csv=longer.encode())
    assert "4 Save" in step(app)
    dropped(app, bad_csv=longer.replace("about 900", "about 950").encode())
    assert "3 Mend" in step(app), "another value is another question"
