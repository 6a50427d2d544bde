"""Payments over a threshold, as councils publish them: fourteen headings for ten columns."""

from ibis import _

from ingest.source import MICROS, Field, FieldKind, Source, SupplierConcentration, Tally

COUNCIL = Source(
    key="public_spend",
    title="Payments over a threshold",
    function="procurement",
    system="UK council",
    fields=(
        Field(
            "unit",
            FieldKind.TEXT,
            ("organisational unit", "organisatonal unit", "service area", "entity"),
        ),
        Field(
            "paid_on",
            FieldKind.DATE,
            ("paid date", "date"),
            required=True,
            always=True,
            missing=("00:00:00",),
            verb="paid",
        ),
        Field("payment", FieldKind.TEXT, ("trans no", "transaction number"), required=True),
        Field("amount", FieldKind.MONEY, ("amount",), required=True, always=True),
        Field(
            "booking",
            FieldKind.TEXT,
            ("type", "caporrev", "capital or revenue", "type of expenditure"),
        ),
        Field("supplier", FieldKind.TEXT, ("supplier name", "supplier"), required=True),
    ),
    team=_.unit,
    tallies=(
        Tally("spend", _.paid_on, _.amount, divide=MICROS),
        Tally("payments", _.paid_on),
        Tally("capital_spend", _.paid_on, _.amount, _.booking.lower() == "capital", divide=MICROS),
        Tally(
            "classified_spend",
            _.paid_on,
            _.amount,
            _.booking.lower().isin(["capital", "revenue"]),
            divide=MICROS,
        ),
    ),
    statistics=(SupplierConcentration(_.paid_on, _.supplier, _.amount),),
    cannot_feed=(
        ("contract_compliance", "no_contract_column"),
        ("sourcing_cycle_days", "no_request_date_column"),
        ("acknowledgement_rate", "no_acknowledgement_column"),
        ("first_time_match", "no_invoice_match_column"),
        ("cost_per_purchase_order", "no_purchase_order_column"),
    ),
    currency="GBP",
)
