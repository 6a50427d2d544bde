"""Delivery histories of order lines, promised against delivered (USAID SCMS)."""

from ibis import _

from ingest.source import DAY, MICROS, Field, FieldKind, Source, Tally, seconds

_NO_DATE = ("Pre-PQ Process", "Date Not Captured", "N/A - From RDC")
_freight_stated = _.freight.notnull() | _.freight_note.startswith("See ")
_timed = _.ordered_on.notnull() & _.delivered_on.notnull()

SCMS = Source(
    key="delivery_history",
    title="Delivery history of order lines",
    function="supply_chain",
    system="USAID SCMS",
    fields=(
        Field("line", FieldKind.TEXT, ("id",)),
        Field("country", FieldKind.TEXT, ("country",)),
        Field("mode", FieldKind.TEXT, ("shipment mode",), missing=("N/A",)),
        Field("ordered_on", FieldKind.DATE, ("po sent to vendor date",), missing=_NO_DATE),
        Field(
            "scheduled_on",
            FieldKind.DATE,
            ("scheduled delivery date",),
            required=True,
            always=True,
            verb="scheduled",
        ),
        Field("delivered_on", FieldKind.DATE, ("delivered to client date",), required=True),
        Field("value", FieldKind.MONEY, ("line item value",), required=True, always=True),
        Field("freight", FieldKind.MONEY, ("freight cost (usd)", "freight cost"), notes=True),
        Field("insurance", FieldKind.MONEY, ("line item insurance (usd)", "line item insurance")),
    ),
    identity="line",
    team=_.country,
    item=_.mode,
    tallies=(
        Tally("lines_due", _.scheduled_on),
        Tally(
            "lines_on_time",
            _.scheduled_on,
            where=_.delivered_on <= _.scheduled_on,
            pending=_.delivered_on.isnull(),
        ),
        Tally(
            "lead_time_days",
            _.scheduled_on,
            seconds(_.ordered_on, _.delivered_on),
            _timed,
            divide=DAY,
        ),
        Tally("timed_lines", _.scheduled_on, where=_timed),
        Tally("line_value", _.scheduled_on, _.value, divide=MICROS),
        Tally("freight_cost", _.scheduled_on, _.freight, divide=MICROS),
        Tally("freight_line_value", _.scheduled_on, _.value, _freight_stated, divide=MICROS),
        Tally("insurance_cost", _.scheduled_on, _.insurance, divide=MICROS),
        Tally("insured_line_value", _.scheduled_on, _.value, _.insurance.notnull(), divide=MICROS),
        Tally("mode_known_lines", _.scheduled_on, where=_.mode.notnull()),
        Tally("air_lines", _.scheduled_on, where=_.mode.isin(["Air", "Air Charter"])),
    ),
    cannot_feed=(
        ("on_time_in_full", "no_delivered_quantity_column"),
        ("expedite_share", "no_expedited_column"),
    ),
    currency="USD",
)
