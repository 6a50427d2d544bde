"""Purchase orders: Coupa list and flat file, order lines of SAP and of portals, Ariba reports."""

from ibis import _

from ingest.source import (
    DAY,
    MICROS,
    Field,
    FieldKind,
    Lookup,
    Source,
    SupplierConcentration,
    Tally,
    seconds,
)

TWO_DAYS = 2 * DAY
_placed = _.status.lower().notin(["cancelled", "canceled", "draft", "rejected"])
_old_enough = seconds(_.created_at, _.as_of) >= TWO_DAYS
_quick = seconds(_.created_at, _.acknowledged_at) <= TWO_DAYS
_header = _.type.lower() == "header"
_issued = _.status.lower().fill_null("issued").notin(["cancelled", "canceled", "draft"])
_timed = _placed & _.requested_on.notnull()

COUPA = Source(
    key="coupa_purchase_orders",
    title="Coupa purchase orders",
    function="procurement",
    system="Coupa",
    fields=(
        Field("number", FieldKind.TEXT, ("po number",), required=True, always=True),
        Field("status", FieldKind.TEXT, ("status",), required=True),
        Field(
            "created_at",
            FieldKind.DATE,
            ("created date", "order date"),
            required=True,
            always=True,
            verb="ordered",
        ),
        Field("requested_on", FieldKind.DATE, ("requisition date",)),
        Field("supplier", FieldKind.TEXT, ("supplier",), required=True),
        Field("department", FieldKind.TEXT, ("department",)),
        Field("total", FieldKind.MONEY, ("total",), required=True, always=True),
        Field("currency", FieldKind.TEXT, ("currency",)),
        Field("acknowledged_at", FieldKind.DATE, ("last acknowledged",)),
        Field("contract", FieldKind.TEXT, ("contract",)),
        Field("matched", FieldKind.FLAG, ("invoice matched",)),
    ),
    identity="number",
    team=_.department,
    tallies=(
        Tally("purchase_orders", _.created_at, where=_placed),
        Tally("acknowledgeable_orders", _.created_at, where=_placed & _old_enough),
        Tally("acknowledged_orders", _.created_at, where=_placed & _old_enough & _quick),
        Tally(
            "sourcing_days",
            _.created_at,
            seconds(_.requested_on, _.created_at.truncate("D")),
            _timed,
            divide=DAY,
        ),
        Tally("timed_orders", _.created_at, where=_timed),
        Tally("order_spend", _.created_at, _.total, _placed, divide=MICROS),
        Tally(
            "contract_spend", _.created_at, _.total, _placed & _.contract.notnull(), divide=MICROS
        ),
        Tally(
            "invoiced_orders",
            _.created_at,
            where=_placed & _.matched.notnull(),
            pending=_placed & _.matched.isnull(),
        ),
        Tally(
            "matched_orders",
            _.created_at,
            where=_placed & _.matched,
            pending=_placed & _.matched.isnull(),
        ),
    ),
    statistics=(SupplierConcentration(_.created_at, _.supplier, _placed.ifelse(_.total, None)),),
)

COUPA_FLAT = Source(
    key="coupa_flat_file",
    title="Coupa purchase orders, flat file",
    function="procurement",
    system="Coupa",
    fields=(
        Field("number", FieldKind.TEXT, ("id",), required=True),
        Field("type", FieldKind.TEXT, ("type",), required=True),
        Field("status", FieldKind.TEXT, ("status",)),
        Field("created_at", FieldKind.DATE, ("created-at",), required=True, verb="ordered"),
        Field("acknowledged_at", FieldKind.DATE, ("acknowledged-at",)),
        Field("total", FieldKind.MONEY, ("accounting-total",), required=True),
        Field("currency", FieldKind.TEXT, ("accounting-total-currency",)),
    ),
    tallies=(
        Tally("purchase_orders", _.created_at, where=_header & _issued),
        Tally("acknowledgeable_orders", _.created_at, where=_header & _issued & _old_enough),
        Tally("acknowledged_orders", _.created_at, where=_header & _issued & _old_enough & _quick),
        Tally("order_spend", _.created_at, _.total, _header & _issued, divide=MICROS),
    ),
    cannot_feed=(("contract_compliance", "contract_on_lines_only"),),
)

_NUMBER = (
    "purchasing document",
    "ebeln",
    "purchase order number",
    "einkaufsbeleg",
    "bestellung",
)
_ORDERED = ("document date", "bedat", "creation date", "belegdatum", "bestelldatum")
_SUPPLIER = (
    "name of supplier",
    "supplier/supplying plant",
    "name of vendor",
    "vendor/supplying plant",
    "lifnr",
    "supplier name",
    "lieferant",
    "lieferant/lieferwerk",
)
_UNIT = (
    "purch. organization",
    "ekorg",
    "department name",
    "plant",
    "purchasing group",
    "einkäufergruppe",
    "einkaufsorganisation",
    "werk",
)

ORDER_HEADS = Source(
    key="purchase_order_heads",
    title="Purchase-order heads",
    function="procurement",
    system="SAP ERP",
    fields=(
        Field("number", FieldKind.TEXT, _NUMBER, required=True),
        Field("ordered_on", FieldKind.DATE, _ORDERED, required=True),
        Field("supplier", FieldKind.TEXT, _SUPPLIER, required=True),
        Field("unit", FieldKind.TEXT, _UNIT),
        Field("deleted", FieldKind.TEXT, ("deletion indicator", "loekz", "löschkennzeichen")),
    ),
    identity="number",
)

ORDER_LINES = Source(
    key="purchase_order_lines",
    title="Purchase-order lines",
    function="procurement",
    system="SAP ERP",
    fields=(
        Field("number", FieldKind.TEXT, _NUMBER, required=True),
        Field("ordered_on", FieldKind.DATE, _ORDERED, always=True, verb="ordered"),
        Field(
            "value",
            FieldKind.MONEY,
            ("net order value", "netwr", "total price", "nettobestellwert", "bestellwert"),
            required=True,
        ),
        Field("currency", FieldKind.TEXT, ("currency", "waers", "währung")),
        Field("supplier", FieldKind.TEXT, _SUPPLIER),
        Field("unit", FieldKind.TEXT, _UNIT),
        Field(
            "contract",
            FieldKind.TEXT,
            ("outline agreement", "konnr", "lpa number", "rahmenvertrag"),
        ),
        Field("deleted", FieldKind.TEXT, ("deletion indicator", "loekz", "löschkennzeichen")),
    ),
    document="number",
    lookups=(
        Lookup("purchase_order_heads", "number", "number", ("ordered_on", "supplier", "unit")),
    ),
    team=_.unit,
    left_out=_.deleted.notnull(),
    tallies=(
        Tally("purchase_orders", _.ordered_on, where=_.first_of_document),
        Tally("order_spend", _.ordered_on, _.value, divide=MICROS),
        Tally("contract_spend", _.ordered_on, _.value, _.contract.notnull(), divide=MICROS),
    ),
    statistics=(SupplierConcentration(_.ordered_on, _.supplier, _.value),),
    cannot_feed=(
        ("sourcing_cycle_days", "no_request_date_column"),
        ("acknowledgement_rate", "no_acknowledgement_column"),
        ("first_time_match", "no_invoice_match_column"),
    ),
)

ARIBA = Source(
    key="ariba_orders",
    title="Ariba purchase-order report",
    function="procurement",
    system="SAP Ariba",
    fields=(
        Field(
            "number",
            FieldKind.TEXT,
            ("[PO] PO Id", "[PO] Order Id", "[PO-P&I] PO Id", "[PO-P&I] Order Id"),
        ),
        Field(
            "ordered_on",
            FieldKind.DATE,
            ("[PO]Ordered Date (Date)", "[PO-P&I]Ordered Date (Date)"),
            required=True,
            always=True,
            missing=("Unclassified",),
            verb="ordered",
        ),
        Field(
            "supplier",
            FieldKind.TEXT,
            ("[PO]Supplier (ERP Supplier)", "[PO-P&I]Supplier (ERP Supplier)"),
            missing=("Unclassified",),
        ),
        Field(
            "unit",
            FieldKind.TEXT,
            ("[PO]Purchasing Company (Purchase Organization Id)",),
            missing=("Unclassified",),
        ),
        Field("spend", FieldKind.MONEY, ("sum(PO Spend)",), required=True),
        Field("orders", FieldKind.COUNT, ("sum(PO Count)",)),
    ),
    team=_.unit,
    tallies=(
        Tally("purchase_orders", _.ordered_on, _.orders),
        Tally("order_spend", _.ordered_on, _.spend, divide=MICROS),
    ),
    statistics=(SupplierConcentration(_.ordered_on, _.supplier, _.spend),),
    cannot_feed=(("contract_compliance", "no_contract_column"),),
)
