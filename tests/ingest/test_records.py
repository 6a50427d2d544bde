"""Any table of records, explained once by a person: the months it gives, without a screen too."""

from __future__ import annotations

import json
from collections import Counter, defaultdict

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ingest import intake, layouts, records, workbook
from ingest.columns import Money
from ingest.records import Count, Explained
from metrics.errors import InvalidInput
from metrics.model import Profile

VISITS = (
    "Besuchsnr;Wann;Standort;Art;Aufwand (EUR);Bewertung\n"
    "1;03.01.2025;Nord;Reparatur;1.200,50;NPS\n"
    "2;17.01.2025;Nord;Wartung;800,00;CSAT\n"
    "3;30.01.2025;Süd;reparatur ;99,50;NPS\n"
    "4;05.02.2025;Süd;Reparatur;;NPS\n"
)


def table(text: str = VISITS):
    return workbook.read("besuche.csv", text.encode()).tables[0]


def explained(**more) -> Explained:
    counts = (
        Count("tickets"),
        Count("support_cost", sums="Aufwand (EUR)"),
        Count("resolved_tickets", where="Art", equals="Reparatur"),
    )
    return Explained("Wann", counts, **more)


def figures(found: intake.Intake) -> dict[tuple[str, str, str], float]:
    rows = found.frames["observations"]
    return {(r.measure, r.team, f"{r.month:%Y-%m}"): r.value for r in rows.dropna().itertuples()}


def test_rows_are_counted_summed_and_held_to_one_condition_by_month_and_team() -> None:
    entry = layouts.entry_for(
        table(), records.RECORDS, {}, explained(team="Standort", identity="Besuchsnr"), by="ann"
    )
    found = intake.check([("besuche.csv", VISITS.encode())], mappings=[entry])
    assert figures(found) == {
        ("tickets", "Nord", "2025-01"): 2,
        ("tickets", "Süd", "2025-01"): 1,
        ("tickets", "Süd", "2025-02"): 1,
        ("support_cost", "Nord", "2025-01"): 2000.5,
        ("support_cost", "Süd", "2025-01"): 99.5,
        ("resolved_tickets", "Nord", "2025-01"): 1,
        ("resolved_tickets", "Süd", "2025-01"): 1,
        ("resolved_tickets", "Süd", "2025-02"): 1,
    }
    rows = found.frames["observations"]
    empty = rows[(rows["measure"] == "support_cost") & rows["value"].isna()]
    assert set(empty["reason"]) == {"cell_empty"} or set(empty["reason"]) == {"month_not_over"}


def test_next_months_file_of_the_same_headings_needs_no_word_whatever_their_order() -> None:
    entry = layouts.entry_for(table(), records.RECORDS, {}, explained(), by="ann")
    march = (
        "Art;Wann;Besuchsnr;Standort;Bewertung;Aufwand (EUR)\n"
        "Reparatur;04.03.2025;9;Nord;NPS;10,00\n"
    )
    found = intake.check([("march.csv", march.encode())], mappings=[entry])
    assert found.tables[0].by == "ann"
    assert figures(found)["support_cost", "all", "2025-03"] == 10


def test_a_record_that_two_exports_hold_counts_once() -> None:
    entry = layouts.entry_for(table(), records.RECORDS, {}, explained(identity="Besuchsnr"))
    later = VISITS.replace("800,00", "900,00")
    files = [("a.csv", VISITS.encode()), ("b.csv", later.encode())]
    found = intake.check(files, mappings=[entry])
    assert figures(found)["tickets", "all", "2025-01"] == 3
    assert figures(found)["support_cost", "all", "2025-01"] == 1200.5 + 900 + 99.5


def test_what_the_trial_shows_is_what_comes_in() -> None:
    shown = records.trial(table(), explained(team="Standort"), Money("EUR"))
    entry = layouts.entry_for(table(), records.RECORDS, {}, explained(team="Standort"))
    files = [("besuche.csv", VISITS.encode())]
    found = intake.check(files, Profile("x", (), currency="EUR"), mappings=[entry])
    told = {
        (r.measure, r.team, f"{r.month:%Y-%m}"): r.value for r in shown.months.dropna().itertuples()
    }
    assert told == figures(found)


def test_an_amount_in_another_currency_is_converted_or_named() -> None:
    text = VISITS.replace("1.200,50", "DKK 1.200,50").replace("(EUR)", "")
    one = Explained("Wann", (Count("support_cost", sums="Aufwand"),))
    entry = layouts.entry_for(table(text), records.RECORDS, {}, one)
    files = [("besuche.csv", text.encode())]
    without = intake.check(files, Profile("x", (), currency="EUR"), mappings=[entry])
    assert "currency_without_rate" in {f.code for f in without.findings}
    rated = Profile("x", (), currency="EUR", exchange_rates={"DKK": 0.1})
    found = intake.check(files, rated, mappings=[entry])
    assert figures(found)["support_cost", "all", "2025-01"] == pytest.approx(120.05 + 899.5)


def test_a_bad_cell_of_a_summed_column_is_named_at_its_address() -> None:
    text = VISITS.replace("800,00", "rund 800")
    entry = layouts.entry_for(table(text), records.RECORDS, {}, explained())
    found = intake.check([("besuche.csv", text.encode())], mappings=[entry])
    (bad,) = [f for f in found.findings if f.code == "not_a_number"]
    assert (bad.place.cell, bad.value) == ("E3", "rund 800")


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"date": "Wann"},
        {"date": "Wann", "measures": [{"measure": "unicorns"}]},
        {"date": "Wann", "measures": [{"measure": "tickets"}, {"measure": "tickets"}]},
        {"date": "Wann", "measures": [{"measure": "tickets", "only": {"Art": "a", "Ort": "b"}}]},
    ],
)
def test_half_an_explanation_is_refused_in_a_sentence(told) -> None:
    with pytest.raises(InvalidInput, match="records_unclear"):
        records.read(told)


def test_what_is_written_is_read_again() -> None:
    one = explained(team="Standort", identity="Besuchsnr")
    assert records.read(yaml.safe_load(yaml.safe_dump(records.write(one)))) == one


def test_without_a_screen_one_edited_mapping_serves_every_month(
    tmp_path, monkeypatch, capsys
) -> None:
    import cli

    monkeypatch.setenv("ATTUNE_DATABASE_URL", str(tmp_path / "a.sqlite"))
    mapping, first = tmp_path / "map.yaml", tmp_path / "a.csv"
    first.write_text(VISITS)

    def run(*words: str) -> dict:
        code = cli.main([*words, "--json"])
        answer = json.loads(capsys.readouterr().out)
        assert code in (0, 1), answer
        return answer

    run("check", str(first), "--write-mapping", str(mapping))
    assert "source: records" in mapping.read_text(), "the way out is written where it is edited"
    (entry,) = layouts.load(mapping)
    entry |= {"source": "records", "records": records.write(explained(team="Standort"))}
    mapping.write_text(yaml.safe_dump([entry], allow_unicode=True))
    run("ingest", str(first), "--client", "Acme", "--mapping", str(mapping), "--accept")
    second = tmp_path / "b.csv"
    second.write_text(VISITS.replace("2025", "2026"))
    answer = run("ingest", str(second), "--client", "Acme", "--accept")
    (one,) = answer["files"][0]["tables"]
    assert set(one["measures"]) == {"tickets", "support_cost", "resolved_tickets"}
    assert one["months"] == ["2026-01", "2026-02"]


rows = st.lists(
    st.tuples(
        st.integers(1, 12),
        st.integers(1, 28),
        st.sampled_from(["Nord", "Süd", "Export"]),
        st.sampled_from(["offen", "zu"]),
        st.integers(0, 10_000),
    ),
    min_size=3,
    max_size=40,
)


@given(rows)
def test_any_table_gives_the_sums_a_pencil_gives(drawn) -> None:
    text = "Tag,Ort,Stand,Cent\n" + "".join(
        f"2024-{month:02}-{day:02},{team},{state},{cent / 100:.2f}\n"
        for month, day, team, state, cent in drawn
    )
    # an even day, so that the file's last month is over
    text += "2024-12-31,Nord,offen,0.00\n"
    counts: Counter = Counter({("2024-12", "Nord"): 1})
    sums: defaultdict = defaultdict(float)
    for month, _, team, state, cent in drawn:
        counts[f"2024-{month:02}", team] += 1
        if state == "zu":
            sums[f"2024-{month:02}", team] += cent / 100
    one = Explained(
        "Tag",
        (Count("tickets"), Count("support_cost", sums="Cent", where="Stand", equals="ZU")),
        team="Ort",
    )
    found = workbook.read("t.csv", text.encode()).tables
    shown = records.trial(found[0], one, Money("EUR")).months
    told = shown[shown["measure"] == "tickets"]
    assert {(f"{r.month:%Y-%m}", r.team): r.value for r in told.itertuples()} == {
        key: float(n) for key, n in counts.items()
    }
    spent = shown[shown["measure"] == "support_cost"]
    assert {(f"{r.month:%Y-%m}", r.team): r.value for r in spent.itertuples()} == pytest.approx(
        {key: sums[key] for key in counts}
    )
