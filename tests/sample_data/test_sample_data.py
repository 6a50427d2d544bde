"""The sample company: reproducible to the byte, honest about its truth, messy as promised."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import openpyxl
import pytest

from tests.support.places import SAMPLE

FILES = SAMPLE / "files"
TRUTH = json.loads((SAMPLE / "truth.json").read_text(encoding="utf-8"))
MONTHS = TRUTH["months"]
WORKBOOKS = sorted(path.name for path in FILES.glob("*.xlsx"))


def rows_of(name: str, encoding: str = "utf-8-sig", delimiter: str = ",") -> list[list[str]]:
    text = (FILES / name).read_bytes().decode(encoding)
    return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))


@pytest.fixture(scope="module")
def books() -> dict[str, dict[str, list[tuple]]]:
    found = {}
    for name in WORKBOOKS:
        book = openpyxl.load_workbook(FILES / name, read_only=True)
        found[name] = {sheet.title: list(sheet.iter_rows(values_only=True)) for sheet in book}
    return found


def euros(text: str | float) -> float:
    """Read ``€ 12.345,00``, ``12.345,00`` or a number."""
    if not isinstance(text, str):
        return float(text)
    return float(text.replace("€", "").strip().replace(".", "").replace(",", "."))


@pytest.mark.slow
def test_generating_again_gives_the_same_bytes(tmp_path: Path) -> None:
    command = [sys.executable, str(SAMPLE / "generate.py"), str(tmp_path)]
    printed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert str(TRUTH["seed"]) in printed
    made = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if path.is_file()}
    kept = {path.relative_to(SAMPLE) for path in FILES.iterdir()} | {Path("truth.json")}
    assert made == kept
    changed = [p for p in sorted(made) if (tmp_path / p).read_bytes() != (SAMPLE / p).read_bytes()]
    assert not changed, "run: python sample_data/generate.py"


def test_the_exports_stay_small() -> None:
    assert sum(path.stat().st_size for path in FILES.iterdir()) < 9e6


EFFECTS = [
    pytest.param(initiative, kpi, id=f"{initiative['id']} {kpi}")
    for initiative in TRUTH["initiatives"]
    for kpi in initiative["kpi_effects"]
]


def windows(initiative: dict) -> tuple[slice, slice]:
    """Months before the start, and months in which the effect should be there."""
    begin = MONTHS.index(initiative["start"])
    running = initiative["abandoned_after_months"]
    return slice(begin), slice(begin + 3, begin + 6) if running else slice(begin + 6, 48)


@pytest.mark.parametrize(("initiative", "kpi"), EFFECTS)
def test_difference_in_differences_on_true_levels_finds_the_effect(initiative, kpi) -> None:
    before, after = windows(initiative)

    def change(team: str) -> float:
        log = np.log(TRUTH["levels"][initiative["function"]][kpi][team]["expected"])
        return log[after].mean() - log[before].mean()

    comparison = np.mean([change(team) for team in initiative["never_treated_teams"]])
    # Costs with a part that stays untouched differ a little in mix between teams.
    composite = initiative["kpi_effects"][kpi]["full_effect"] is None
    for team in initiative["teams"]:
        path = np.array(initiative["kpi_effects"][kpi]["path"][team])
        truth = np.log1p(path[after]).mean()
        assert initiative["does_nothing"] or abs(truth) > 0.03
        tolerance = 0.006 if composite else 1e-5
        assert change(team) - comparison == pytest.approx(truth, abs=tolerance)


def log_changes(series: dict[str, np.ndarray], initiative: dict) -> float:
    """Difference in differences of logs between treated and never treated teams."""
    before, after = windows(initiative)
    change = {t: np.log(v[after]).mean() - np.log(v[before]).mean() for t, v in series.items()}
    treated, rest = (
        np.mean([change[team] for team in initiative[key]])
        for key in ("teams", "never_treated_teams")
    )
    return treated - rest


def test_the_effect_is_in_the_exports_too() -> None:
    """Freight to value, straight from the receipts; noise allows three points."""
    header, *body, _ = rows_of("sap_goods_receipts.csv", "cp1252", ";")[2:]
    region, due, value, freight = (
        header.index(name)
        for name in ("Region", "Stat.-Rel. Del. Date", "Net Order Value", "Freight Cost")
    )
    team_of = {s: t for t, other in TRUTH["spellings"]["supply_chain"].items() for s in [t, *other]}
    sums = {team: np.zeros((2, 48)) for team in TRUTH["teams"]["supply_chain"]}
    for row in body:
        month = f"{row[due][6:]}-{row[due][3:5]}"
        if month in MONTHS:
            add = (euros(row[freight]), euros(row[value]))
            sums[team_of[row[region]]][:, MONTHS.index(month)] += add
    ratio = {team: top / bottom for team, (top, bottom) in sums.items()}
    for initiative in TRUTH["initiatives"]:
        effect = initiative["kpi_effects"].get("freight_to_value")
        if effect:
            assert np.expm1(log_changes(ratio, initiative)) == pytest.approx(
                effect["full_effect"], abs=0.03
            )


@pytest.mark.parametrize("initiative", TRUTH["initiatives"], ids=lambda entry: entry["id"])
def test_each_initiative_can_be_identified(initiative) -> None:
    begin = MONTHS.index(initiative["start"])
    assert begin >= 14
    assert len(initiative["never_treated_teams"]) >= 3
    assert not set(initiative["teams"]) & set(initiative["never_treated_teams"])
    for kpi, effect in initiative["kpi_effects"].items():
        full = effect["full_effect"]
        for path in map(np.array, effect["path"].values()):
            assert np.all(path[:begin] == 0), kpi
            if full is not None and initiative["abandoned_after_months"] is None:
                ramp = path[begin : begin + 7 : 3] / full
                np.testing.assert_allclose(ramp, (0.1, 0.5, 0.9), atol=1e-6)


def test_sizes_of_effects_and_special_initiatives() -> None:
    sizes = [abs(v) for it in TRUTH["initiatives"] for v in it["driver_effects"].values()]
    assert 0.05 <= min(sizes) <= max(sizes) <= 0.15
    nothing = [it for it in TRUTH["initiatives"] if it["does_nothing"]]
    assert [it["name"] for it in nothing] == ["Brand channel with short videos"]
    (given_up,) = (it for it in TRUTH["initiatives"] if it["abandoned_after_months"])
    path = np.abs(next(iter(given_up["kpi_effects"]["cost_per_opportunity"]["path"].values())))
    peak = int(np.argmax(path))
    assert peak == MONTHS.index(given_up["start"]) + given_up["abandoned_after_months"] == 32
    assert path[peak + 3] == pytest.approx(path[peak] / 2, rel=1e-5)
    assert path[-1] < 0.1 * path[peak]


def test_net_present_value_follows_from_its_monthly_flows() -> None:
    programme = TRUTH["programme"]
    start = MONTHS.index(programme["first_month"])
    assert (start, programme["months"]) == (12, 36)
    saving, cost = (
        np.array(programme[key])[start:] for key in ("saving_by_month", "incremental_cost_by_month")
    )
    flow = saving - cost
    years = flow.reshape(3, 12).sum(axis=1)
    worth = programme["net_present_value_of_savings"]
    assert sum(years / 1.1 ** np.arange(1, 4)) == pytest.approx(
        worth["discounted_at_year_ends"], abs=1
    )
    assert sum(flow / 1.1 ** (np.arange(1, 37) / 12)) == pytest.approx(
        worth["discounted_at_month_ends"], abs=1
    )
    by_initiative = sum(np.array(it["saving_by_month"]) for it in TRUTH["initiatives"])
    np.testing.assert_allclose(by_initiative, programme["saving_by_month"], rtol=1e-4, atol=0.1)


def test_truth_of_the_future_has_twelve_months_for_each_team() -> None:
    assert len(TRUTH["future_months"]) == 12
    for function, kpis in TRUTH["future"].items():
        for teams in kpis.values():
            assert list(teams) == TRUTH["teams"][function]
            assert all(len(v) == 12 for team in teams.values() for v in team.values())


@pytest.mark.parametrize(
    ("name", "encoding", "delimiter", "skip", "column", "form"),
    [
        ("zendesk_tickets.csv", "utf-8-sig", ",", 0, "Created at", "{y}-{m}"),
        ("google_ads_campaigns.csv", "utf-8", ",", 2, "Month", "{y}-{m}"),
        ("sap_goods_receipts.csv", "cp1252", ";", 2, "Stat.-Rel. Del. Date", ".{m}.{y}"),
        ("qualtrics_nps.csv", "utf-8-sig", ",", 0, "StartDate", "{y}-{m}"),
        ("community_contributions.csv", "utf-8", ",", 0, "Date", "{y}-{m}"),
    ],
)
def test_every_month_is_there_and_the_last_is_not_over(
    name, encoding, delimiter, skip, column, form
) -> None:
    rows = rows_of(name, encoding, delimiter)[skip:]
    place = rows[0].index(column)
    cells = [row[place] for row in rows[1:]]

    def count(month: str) -> int:
        return sum(form.format(y=month[:4], m=month[5:]) in cell for cell in cells)

    counts = [count(month) for month in MONTHS]
    assert min(counts) > 0
    assert count(TRUTH["month_not_over"]) > 0
    if "ads" not in name:
        assert count(TRUTH["month_not_over"]) < 0.95 * np.mean(counts[-12:])


def test_ticket_export_is_as_zendesk_writes_it() -> None:
    assert (FILES / "zendesk_tickets.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    header, *rows = rows_of("zendesk_tickets.csv")
    records = [dict(zip(header, row, strict=True)) for row in rows]
    assert 20_000 <= len(records) <= 40_000
    still_open = [r for r in records if not r["Solved at"]]
    assert {r["Status"] for r in still_open} == {"Open", "Pending", "Hold"}
    assert sum(r["Created at"] < "2026-01" for r in still_open) == 4
    assert all(r["Created at"] <= r["Solved at"] for r in records if r["Solved at"])
    groups = {r["Group"] for r in records}
    assert {"DACH Support", "Support DACH", "dach support"} <= groups
    known = {s.lower() for t, other in TRUTH["spellings"]["support"].items() for s in [t, *other]}
    assert {group.lower() for group in groups} <= known


def test_campaign_totals_equal_their_rows() -> None:
    rows = rows_of("google_ads_campaigns.csv", "utf-8")
    assert rows[0] == ["Campaign report"]
    header, body = rows[2], rows[3:]
    total = [row for row in body if row[0].startswith("Total: ")]
    plain = [row for row in body if not row[0].startswith("Total: ")]
    assert any("--" in row for row in total)
    assert any("," in row[header.index("Impr.")] for row in plain)
    for column in ("Impr.", "Clicks", "Cost", "Conversions"):
        at = header.index(column)
        for row in total:
            kind = row[0].removeprefix("Total: ")
            parts = [
                r for r in plain if kind in ("All campaigns", r[header.index("Campaign type")])
            ]
            assert len(parts) > 100
            added = sum(float(r[at].replace(",", "")) for r in parts)
            assert float(row[at].replace(",", "")) == pytest.approx(added, abs=0.005)


def test_receipts_are_german_and_their_total_holds() -> None:
    rows = rows_of("sap_goods_receipts.csv", "cp1252", ";")
    header, *body, total = rows[2:]
    assert total[0] == "*"
    for column in ("Net Order Value", "Freight Cost"):
        at = header.index(column)
        assert euros(total[at]) == pytest.approx(sum(euros(row[at]) for row in body), abs=0.01)
    assert any("Müller" in row[header.index("Name of Supplier")] for row in body)
    assert any(row[header.index("Posting Date")] == "" for row in body)
    assert any(row[header.index("Stat.-Rel. Del. Date")].endswith("12.2026") for row in body)
    assert len({row[header.index("Plant")] for row in body}) == 45


def test_opportunity_subtotals_hold_and_german_amounts_are_text(books) -> None:
    (rows,) = books["salesforce_opportunities.xlsx"].values()
    start = next(n for n, row in enumerate(rows) if "Stage" in row)
    at = rows[start].index("Amount")
    running, everything, regions = 0.0, 0.0, 0
    for row in rows[start + 1 :]:
        if row[0] == "Subtotal":
            assert row[at] == pytest.approx(running, abs=0.01)
            everything, running, regions = everything + running, 0.0, regions + 1
        elif row[0] == "Grand Total":
            assert row[at] == pytest.approx(everything, abs=0.01)
        elif row[1] is not None and row[0] != "Count":
            assert isinstance(row[at], str) == (row[0] == "Sales DACH")
            running += euros(row[at])
    assert regions == 9
    assert "Copyright" in rows[-1][0]


def test_purchase_orders_carry_currencies_and_cancelled_ones(books) -> None:
    (rows,) = books["coupa_purchase_orders.xlsx"].values()
    header = rows[0]
    assert {row[header.index("Currency")] for row in rows[1:]} == {"EUR", "GBP", "USD", "CAD"}
    cancelled = [row for row in rows[1:] if row[header.index("Status")] == "Cancelled"]
    assert 50 < len(cancelled) < 0.05 * len(rows)
    assert max(row[header.index("Created Date")] for row in rows[1:]).strftime("%Y-%m") == "2026-11"


def test_cost_totals_equal_their_rows(books) -> None:
    assert len(books["operating_costs.xlsx"]) == 5
    for rows in books["operating_costs.xlsx"].values():
        body = [row for row in rows[3:] if row[1] is not None]
        assert len(body) == 48 * len({row[1] for row in body})
        total = next(row for row in rows if row[0] == "Total")
        for at in (2, 3):
            assert total[at] == pytest.approx(sum(row[at] for row in body), abs=0.01)
        assert rows[-1][0].endswith(("xx", "Brightline"))
    (rows,) = books["programme_costs.xlsx"].values()
    body = [row for row in rows[4:] if row[1] is not None]
    total = next(row for row in rows if row[0] == "Total")
    assert total[-1] == pytest.approx(sum(row[-1] for row in body), abs=0.01)
    subtotals = [row[-1] for row in rows if str(row[0]).startswith("Subtotal")]
    assert sum(subtotals) == pytest.approx(total[-1], abs=0.01)
    incremental = sum(row[-1] for row in body if row[3] is not None)
    known = TRUTH["programme"]["incremental_cost_by_month"]
    assert incremental == pytest.approx(sum(known), rel=1e-6)


def test_company_adds_up(books) -> None:
    book = books["company.xlsx"]
    assert len(book["Sites"]) == 1 + 45
    assert {row[4] for row in book["Sites"][1:]} == {"Europe", "North America"}
    support = books["operating_costs.xlsx"]["Support"]
    served: dict[str, int] = {}
    for month, _, _, _, customers in (row for row in support[3:] if row[1]):
        served[month] = served.get(month, 0) + customers
    company = {row[0].strftime("%Y-%m"): row[2] for row in book["Company"][1:] if row[1]}
    assert served == company
    assert list(company) == MONTHS


def test_twenty_four_raters_answer_every_question_twice(books) -> None:
    waves = books["maturity_answers.xlsx"]
    assert len(waves) == 2
    for rows in waves.values():
        assert len({row[1] for row in rows[1:]}) == 24
        assert len({row[6] for row in rows[1:]}) == 40
        for function in {row[4] for row in rows[1:]}:
            raters = {row[1] for row in rows[1:] if row[4] == function}
            assert len(raters) >= 4
        answers = {row[7] for row in rows[1:]}
        assert {"don't know", "not applicable", "ask the plant", 0.5} <= answers
        assert all(row[8] for row in rows[1:] if row[7] == "not applicable")


def test_one_agency_writes_nearly_all_contributions() -> None:
    header, *rows = rows_of("community_contributions.csv")
    share = np.mean([row[header.index("Author ID")].startswith("brightline-") for row in rows])
    assert share > 0.85
    assert np.mean([not row[header.index("Objective")] for row in rows]) > 0.5


def test_survey_has_three_heading_rows_and_monthly_samples() -> None:
    header, question, imported, *rows = rows_of("qualtrics_nps.csv")
    assert question[header.index("Q_NPS")].startswith("How likely")
    assert imported[0].startswith('{"ImportId"')
    score, group = header.index("Q_NPS"), header.index("Q_NPS_NPS_GROUP")
    for row in rows:
        if row[score]:
            bounds = {"Detractor": (0, 6), "Passive": (7, 8), "Promoter": (9, 10)}[row[group]]
            assert bounds[0] <= int(row[score]) <= bounds[1]
    counts = [sum(row[0].startswith(month) for row in rows) for month in MONTHS]
    assert 20 <= min(counts) <= max(counts) <= 60
    assert any(row[header.index("Status")] == "Survey Preview" for row in rows)


def test_metrics_never_read_the_truth() -> None:
    readers = [
        path
        for path in (SAMPLE.parent / "metrics").rglob("*.py")
        if "truth.json" in path.read_text(encoding="utf-8")
    ]
    assert readers == []


def test_the_profile_knows_every_spelling_of_the_exports() -> None:
    profile = json.loads((SAMPLE / "profile.json").read_text(encoding="utf-8"))["teams"]
    for spellings in TRUTH["spellings"].values():
        for team, other in spellings.items():
            assert set(other) <= set(profile[team])
