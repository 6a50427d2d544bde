"""Reading columns of texts: the format is decided once, and what was written comes back."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest import workbook
from ingest.values.column import read_column
from ingest.values.parsed import Hints
from tests.support.places import DATA

real = pytest.mark.skipif(not DATA.exists(), reason="real data is not here (ATTUNE_DATA)")


def read(kind: str, *cells: str | None, **more: object) -> list[object]:
    return read_column(pa.array(list(cells), pa.string()), kind, **more).values.to_pylist()  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1.234,50 €", "12,30 €"], [1234.5, 12.3]),
        (["$1,234.50", "$(12)", "$-3"], [1234.5, -12.0, -3.0]),
        (["(1,234)", "(5)", "7"], [-1234.0, -5.0, 7.0]),
        (["12 %", "0.5%", "100%"], [0.12, 0.005, 1.0]),
        (["1.2k", "3M", "2 bn"], [1200.0, 3e6, 2e9]),
        (["500-", "3-", "2"], [-500.0, -3.0, 2.0]),
        (["1\u00a0234,5", "2\u202f000,0"], [1234.5, 2000.0]),
        (["1'234.50", "12’000.00"], [1234.5, 12000.0]),
        (["--", " --", "n/a", "–", "?", "", "7"], [None] * 6 + [7.0]),
        (["1,234,567", "12"], [1234567.0, 12.0]),
        (["1.234.567", "12"], [1234567.0, 12.0]),
        (["12,34,567.50", "1,00,000"], [1234567.5, 100000.0]),
        (["1e3", "2.5E-2"], [1000.0, 0.025]),
        (["−5", "+4", ".5", "5."], [-5.0, 4.0, 0.5, 5.0]),
        (["0,123", "0,456"], [0.123, 0.456]),
    ],
)
def test_numbers(cells: list[str], values: list[float | None]) -> None:
    assert read("number", *cells) == pytest.approx(values)


def test_what_is_no_number_is_named() -> None:
    column = read_column(pa.array(["1", "abc", "See ASN-93 (ID#:1281)", "n/a"]), "number")
    assert list(column.bad["not_a_number"]) == [1, 2]
    assert column.values.to_pylist() == [1.0, None, None, None]


def test_one_decimal_mark_per_column() -> None:
    column = read_column(pa.array(["1.234,50", "99,10", "3,75", "12.50"]), "number")
    assert column.format == "1.234,5"
    assert column.values.to_pylist() == [1234.5, 99.1, 3.75, None]
    assert list(column.bad["decimal_mark"]) == [3]


def test_open_decimal_mark_is_reported_and_a_hint_settles_it() -> None:
    cells = pa.array(["1.234", "5.678"])
    assert read_column(cells, "number").ambiguous
    settled = read_column(cells, "number", hints=Hints(decimal=","))
    assert not settled.ambiguous
    assert settled.values.to_pylist() == [1234.0, 5678.0]


def test_currency_by_column_and_by_cell() -> None:
    assert read_column(pa.array(["3 €", "4 €", "5"]), "money").currency == "EUR"
    assert read_column(pa.array(["CHF 3", "4"]), "money").currency == "CHF"
    mixed = read_column(pa.array(["USD 3", "4 EUR", "£5", "R$ 6"]), "money").currency
    assert isinstance(mixed, pa.Array)
    assert mixed.to_pylist() == ["USD", "EUR", "GBP", "BRL"]
    assert list(read_column(pa.array(["5 XYZ", "6"]), "money").bad["not_a_number"]) == [0]


@pytest.mark.parametrize(
    ("cells", "format_", "values"),
    [
        (["29/2/2016 01:16", "1/3/2016 10:00"], "D/M/Y", ["2016-02-29T01:16", "2016-03-01T10:00"]),
        (["10/20/2016", "3/1/2017"], "M/D/Y", ["2016-10-20", "2017-03-01"]),
        (["2-Jun-06", "14-Nov-06"], "D Mon Y", ["2006-06-02", "2006-11-14"]),
        (["03.04.2024", "05.06.2024"], "D/M/Y", ["2024-04-03", "2024-06-05"]),
        (["2024-01-31", "2024/02/01"], "Y/M/D", ["2024-01-31", "2024-02-01"]),
        (["1/13/69", "1/2/68"], "M/D/Y", ["1969-01-13", "2068-01-02"]),
        (["March 3, 2024", "Mar 4, 2024 5:06 PM"], "Mon D Y", ["2024-03-03", "2024-03-04T17:06"]),
        (["12:05 AM", "x"], "", [None, None]),
        (["Jan 2024", "Dez. 2024", "märz 24"], "Mon Y", ["2024-01-01", "2024-12-01", "2024-03-01"]),
        (["2024-01", "2024-12"], "Y-M", ["2024-01-01", "2024-12-01"]),
        (["Q1 2024", "2024-Q3", "Q4/24"], "quarter", ["2024-01-01", "2024-07-01", "2024-10-01"]),
        (["2024-W01", "2020-W53"], "week", ["2024-01-01", "2020-12-28"]),
        (["20240131", "20240201T0930"], "YMD", ["2024-01-31", "2024-02-01T09:30"]),
        (["45292", "45292.5"], "serial", ["2024-01-01", "2024-01-01T12:00"]),
        (["Mon, 3 Jun 2024", "Tuesday, 4 June 2024"], "D Mon Y", ["2024-06-03", "2024-06-04"]),
        (
            ["2016-11-26 5:8:54", "2016-01-03 10:1:2"],
            "Y/M/D",
            ["2016-11-26T05:08:54", "2016-01-03T10:01:02"],
        ),
        (
            ["01/Jan/24 10:00 AM", "02/Feb/24 1:00 PM"],
            "D Mon Y",
            ["2024-01-01T10:00", "2024-02-02T13:00"],
        ),
    ],
)
def test_dates(cells: list[str], format_: str, values: list[str | None]) -> None:
    column = read_column(pa.array(cells), "date")
    assert column.format == format_
    wanted = [None if v is None else datetime.fromisoformat(v) for v in values]
    assert column.values.to_pylist() == wanted
    assert not column.ambiguous


def test_zones_become_utc() -> None:
    cells = ["2024-01-05T10:00:00+02:00", "2024-01-05T10:00:00Z", "2024-01-05 10:00 EST"]
    hours = [value.hour for value in read("date", *cells)]  # type: ignore[attr-defined]
    assert hours == [8, 10, 15]


def test_the_order_is_one_decision_and_doubt_is_told() -> None:
    open_ = read_column(pa.array(["4/5/2018 6:00", "1/2/2018"]), "date")
    assert open_.ambiguous
    settled = read_column(pa.array(["4/5/2018"]), "date", hints=Hints(order="M/D/Y"))
    assert settled.values[0].as_py() == datetime(2018, 4, 5)
    proved = read_column(pa.array(["4/5/2018", "13/1/2018", "1/14/2018", "25/1/2018"]), "date")
    assert proved.format == "D/M/Y"
    assert list(proved.bad["date_order"]) == [2]


def test_impossible_dates_and_times_without_date() -> None:
    column = read_column(pa.array(["29/2/2015", "31/1/2015", "00:00:00", "3-Jun"]), "date")
    assert column.values.null_count == 3
    assert list(column.bad["time_without_date"]) == [2]
    assert list(column.bad["date_without_year"]) == [3]


def test_fiscal_years_are_named_after_their_end() -> None:
    hints = Hints(fiscal_year_start=4)
    assert read("date", "FY24 Q1", "FY2024", hints=hints) == [datetime(2023, 4, 1)] * 2
    assert read("date", "Q1 FY24", hints=Hints()) == [datetime(2024, 1, 1)]


def test_serial_numbers_of_both_systems() -> None:
    numbers = pa.array([45292.0, 45292.25, None])
    assert read_column(numbers, "date").values.to_pylist()[:2] == [
        datetime(2024, 1, 1),
        datetime(2024, 1, 1, 6),
    ]
    later = read_column(numbers, "date", hints=Hints(date_1904=True)).values[0].as_py()
    assert later == datetime(2024, 1, 1) + timedelta(days=1462)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        ("37:15", 37.25),
        ("-1:30", -1.5),
        ("0:00:36", 0.01),
        ("25 Days 21 Hours 1 Minute", 621 + 1 / 60),
        ("1d 4h", 28),
        ("90 min", 1.5),
        ("PT3H30M", 3.5),
        ("-P1DT1H", -25),
        ("2 Tage 3 Std.", 51),
        ("1.06:30", 30.5),
        ("1 day, 2:03", 26.05),
        ("3 weeks", 504),
        ("1:75", None),
        ("soon", None),
    ],
)
def test_durations(text: str, hours: float | None) -> None:
    (value,) = read("duration", text)
    assert value == (None if hours is None else pytest.approx(hours))


def test_durations_of_plain_numbers_take_the_hinted_unit() -> None:
    assert read("duration", "90", "30", hints=Hints(unit="minutes")) == [1.5, 0.5]
    lasted = pa.array([timedelta(hours=30)], pa.duration("us"))
    assert read_column(lasted, "duration").values.to_pylist() == [30.0]


def test_flags_and_texts() -> None:
    assert read("flag", "Yes", "no", "TRUE", "0", "x", "?") == [
        True,
        False,
        True,
        False,
        True,
        None,
    ]
    assert list(read_column(pa.array(["Yes", "maybe"]), "flag").bad["not_a_flag"]) == [1]
    assert read("text", " a ", "", "n/a", missing=("n/a",)) == ["a", None, None]
    with pytest.raises(ValueError, match="unknown kind"):
        read("colour", "x")


NUMBERS = st.lists(
    st.decimals(-999_999_999, 999_999_999, places=2, allow_nan=False), min_size=1, max_size=30
)
STYLES = {
    "1,234.50": lambda v: f"{v:,.2f}",
    "1.234,50": lambda v: f"{v:,.2f}".translate(str.maketrans(",.", ".,")),
    "1 234,50": lambda v: f"{v:,.2f}".translate(str.maketrans(",.", "\u00a0,")),
    "1'234.50": lambda v: f"{v:,.2f}".replace(",", "'"),
    "1234.50": lambda v: f"{v:.2f}",
    "(1,234.50)": lambda v: f"({-v:,.2f})" if v < 0 else f"{v:,.2f}",
    "1,234.50-": lambda v: f"{-v:,.2f}-" if v < 0 else f"{v:,.2f}",
    "€ 1.234,50": lambda v: "€ " + f"{v:,.2f}".translate(str.maketrans(",.", ".,")),
    "1,234.50 USD": lambda v: f"{v:,.2f} USD",
    "-$1,234.50": lambda v: f"{'-' if v < 0 else ''}${abs(v):,.2f}",
    "12.50%": lambda v: f"{v * 100:.2f}%",
}


@pytest.mark.parametrize("style", STYLES)
@settings(max_examples=12, deadline=None)
@given(values=NUMBERS)
def test_written_numbers_come_back(style: str, values: list) -> None:
    texts = pa.array([STYLES[style](value) for value in values])
    column = read_column(texts, "money")
    assert not column.bad
    assert column.values.to_pylist() == pytest.approx([float(v) for v in values], abs=1e-6)


MOMENTS = st.lists(
    st.datetimes(datetime(1970, 1, 1), datetime(2068, 12, 31)), min_size=1, max_size=30
)
DATE_STYLES = {
    "%Y-%m-%d": "day",
    "%Y-%m-%d %H:%M:%S": "second",
    "%Y-%m-%dT%H:%M:%S.%f": "microsecond",
    "%d/%m/%Y": "day",
    "%m/%d/%Y": "day",
    "%d.%m.%Y": "day",
    "%d-%m-%Y %H:%M": "minute",
    "%m/%d/%y": "day",
    "%d-%b-%y": "day",
    "%d %B %Y": "day",
    "%B %d, %Y": "day",
    "%m/%d/%Y %I:%M:%S %p": "second",
    "%d/%m/%Y %H:%M": "minute",
    "%Y%m%d": "day",
    "%a, %d %b %Y": "day",
    "%b %Y": "month",
    "%Y-%m": "month",
    "%m/%Y": "month",
}


def _cut(moment: datetime, to: str) -> datetime:
    if to == "month":
        return datetime(moment.year, moment.month, 1)
    whole = {"day": "D", "minute": "m", "second": "s", "microsecond": "us"}[to]
    return np.datetime64(moment, whole).astype("datetime64[us]").item()


@pytest.mark.parametrize("style", DATE_STYLES)
@settings(max_examples=12, deadline=None)
@given(moments=MOMENTS)
def test_written_dates_come_back(style: str, moments: list[datetime]) -> None:
    proof = datetime(2024, 1, 31)  # without one day above twelve the order would be open
    everything = [*moments, proof]
    column = read_column(pa.array([m.strftime(style) for m in everything]), "date")
    assert not column.bad
    assert not column.ambiguous
    assert column.values.to_pylist() == [_cut(m, DATE_STYLES[style]) for m in everything]


@settings(max_examples=20, deadline=None)
@given(minutes=st.lists(st.integers(-100_000, 100_000), min_size=1, max_size=20))
def test_written_durations_come_back(minutes: list[int]) -> None:
    def clock(value: int) -> str:
        return f"{'-' if value < 0 else ''}{abs(value) // 60}:{abs(value) % 60:02d}"

    def words(value: int) -> str:
        days, rest = divmod(abs(value), 1440)
        return f"{'-' if value < 0 else ''}{days} days {rest // 60} hours {rest % 60} minutes"

    for write in (clock, words):
        column = read_column(pa.array([write(value) for value in minutes]), "duration")
        assert not column.bad
        assert column.values.to_pylist() == pytest.approx([value / 60 for value in minutes])


@settings(max_examples=25, deadline=None)
@given(cells=st.lists(st.one_of(st.none(), st.text(max_size=20)), max_size=20))
def test_no_text_breaks_a_reader(cells: list[str | None]) -> None:
    column = pa.array(cells, pa.string())
    for kind in ("number", "money", "date", "flag", "duration", "text"):
        read_ = read_column(column, kind)
        assert len(read_.values) == len(cells)
        for rows in read_.bad.values():
            assert all(read_.values[int(row)].as_py() is None for row in rows)


def real_column(path: str, name: str) -> pa.ChunkedArray:
    table = workbook.read(path, (DATA / path).read_bytes()).tables[0]
    return table.data[f"c{table.header.index(name)}"]


@real
def test_real_delivery_dates() -> None:
    path = "supply_chain/SCMS_Delivery_History_Dataset.csv"
    day = read_column(real_column(path, "Delivered to Client Date"), "date")
    assert day.format == "D Mon Y"
    assert not day.bad
    sent = read_column(
        real_column(path, "PQ First Sent to Client Date"),
        "date",
        missing=("Pre-PQ Process", "Date Not Captured"),
    )
    assert sent.format == "M/D/Y"
    assert not sent.bad
    assert not sent.ambiguous
    freight = read_column(real_column(path, "Freight Cost (USD)"), "money")
    assert set(freight.bad) == {"not_a_number"}
    assert freight.values.null_count == freight.bad_count


@real
def test_real_days_first_and_months_first() -> None:
    opened = read_column(real_column("support/incident_event_log_sample.csv", "opened_at"), "date")
    assert opened.format == "D/M/Y"
    assert opened.values[0].as_py() == datetime(2016, 2, 29, 1, 16)
    closed = read_column(real_column("sales/sales_pipeline.csv", "close_date"), "date")
    assert closed.format == "M/D/Y"
    assert not closed.bad
    posted = read_column(real_column("marketing/Live.csv", "status_published"), "date")
    assert posted.format == "M/D/Y"
    assert not posted.bad


@real
def test_real_payments() -> None:
    path = "procurement/expenditure-over-500-apr-jun-2014.csv"
    paid = read_column(real_column(path, "Paid Date"), "date")
    assert len(paid.bad["time_without_date"]) == 3836
    total = rows = 0.0
    for file in sorted((DATA / "procurement").glob("*.csv")):
        table = workbook.read(file.name, file.read_bytes()).tables[0]
        rows += table.data.num_rows
        at = next(
            i for i, name in enumerate(table.header) if name.strip().lower().startswith("amount")
        )
        amounts = read_column(table.data[f"c{at}"], "money")
        assert amounts.bad_count == 0
        total += sum(v for v in amounts.values.to_pylist() if v is not None)
    assert rows == 61_529
    assert total == pytest.approx(228_210_155.40)


@pytest.mark.parametrize(
    "names",
    [
        "styczeń luty marzec kwiecień maj czerwiec lipiec sierpień wrzesień październik listopad "
        "grudzień",
        "stycznia lutego marca kwietnia maja czerwca lipca sierpnia września października "
        "listopada grudnia",
        "januar februar marts april maj juni juli august september oktober november december",
        "januari februari mars april maj juni juli augusti september oktober november december",
        "januar februar mars april mai juni juli august september oktober november desember",
        "Jänner Februar März April Mai Juni Juli August September Oktober November Dezember",
    ],
    ids=["Polish", "Polish, inside a date", "Danish", "Swedish", "Norwegian", "Austrian"],
)
def test_a_year_of_month_names_is_twelve_months(names) -> None:
    """As the Unicode CLDR writes them."""
    days = read("date", *(f"3 {name} 2026" for name in names.split()))
    assert [(day.month, day.day) for day in days] == [(month, 3) for month in range(1, 13)]
