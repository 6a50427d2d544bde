"""Goods receipts and order lines of SAP: promised against posted."""

from ibis import _

from ingest.source import DAY, MICROS, Field, FieldKind, Source, Tally, seconds

_on_time = _.posted_on <= _.promised_on
_in_full = _.received >= _.ordered
_timed = _.posted_on.notnull() & _.ordered_on.notnull()
_counted = _.received.notnull() & _.ordered.notnull()

SAP = Source(
    key="sap_goods_receipts",
    title="SAP goods receipts",
    function="supply_chain",
    system="SAP ERP",
    fields=(
        Field("order", FieldKind.TEXT, ("purchasing document", "ebeln", "einkaufsbeleg")),
        Field("line", FieldKind.TEXT, ("item", "ebelp")),
        Field("region", FieldKind.TEXT, ("region",)),
        Field("plant", FieldKind.TEXT, ("plant", "werks")),
        Field("ordered_on", FieldKind.DATE, ("document date", "bedat")),
        Field(
            "promised_on",
            FieldKind.DATE,
            (
                "stat.-rel. del. date",
                "statistical delivery date",
                "slfdt",
                "delivery date",
                "eindt",
            ),
            required=True,
            always=True,
            verb="promised",
        ),
        Field("posted_on", FieldKind.DATE, ("posting date", "budat"), required=True),
        Field("ordered", FieldKind.NUMBER, ("order quantity", "menge")),
        Field("received", FieldKind.NUMBER, ("quantity received", "wemng")),
        Field("value", FieldKind.MONEY, ("net order value", "netwr"), required=True),
        Field("freight", FieldKind.MONEY, ("freight cost", "freight costs")),
        Field("currency", FieldKind.TEXT, ("currency", "waers")),
        Field("expedited", FieldKind.FLAG, ("expedite", "expedited")),
    ),
    signs=("stat.-rel. del. date", "statistical delivery date", "slfdt", "purchasing document"),
    clock=("posted_on",),
    team=_.region,
    tallies=(
        Tally("lines_due", _.promised_on),
        Tally("lines_on_time", _.promised_on, where=_on_time),
        Tally("lines_counted", _.promised_on, where=_counted),
        Tally("lines_on_time_in_full", _.promised_on, where=_on_time & _in_full),
        Tally(
            "lead_time_days", _.promised_on, seconds(_.ordered_on, _.posted_on), _timed, divide=DAY
        ),
        Tally("timed_lines", _.promised_on, where=_timed),
        Tally("line_value", _.promised_on, _.value, divide=MICROS),
        Tally("freight_cost", _.promised_on, _.freight, divide=MICROS),
        Tally("freight_line_value", _.promised_on, _.value, _.freight.notnull(), divide=MICROS),
        Tally("expedited_freight_cost", _.promised_on, _.freight, _.expedited, divide=MICROS),
    ),
    cannot_feed=(
        ("air_share", "no_transport_mode_column"),
        ("insurance_to_value", "no_insurance_column"),
    ),
)

MATERIAL_DOCUMENTS = Source(
    key="sap_material_documents",
    title="SAP material documents",
    function="supply_chain",
    system="SAP ERP",
    fields=(
        Field("document", FieldKind.TEXT, ("material document",), required=True),
        Field("movement", FieldKind.TEXT, ("movement type",), required=True),
        Field("posted_on", FieldKind.DATE, ("posting date",), required=True, verb="posted"),
        Field("quantity", FieldKind.NUMBER, ("quantity",), required=True),
    ),
)
