"""Purchase orders: the Coupa list."""

from ibis import _

from ingest.source import DAY, MICROS, Concentration, Field, Kind, Source, Tally, seconds

TWO_DAYS = 2 * DAY
_placed = _.status.lower().notin(["cancelled", "canceled", "draft", "rejected"])
_old_enough = seconds(_.created_at, _.as_of) >= TWO_DAYS
_quick = seconds(_.created_at, _.acknowledged_at) <= TWO_DAYS
_timed = _placed & _.requested_on.notnull()

COUPA = Source(
    key="coupa_purchase_orders",
    title="Coupa purchase orders",
    function="procurement",
    system="Coupa",
    fields=(
        Field("number", Kind.TEXT, ("po number",), required=True, always=True),
        Field("status", Kind.TEXT, ("status",), required=True),
        Field("created_at", Kind.DATE, ("created date", "order date"), required=True,
              always=True, verb="ordered"),
        Field("requested_on", Kind.DATE, ("requisition date",)),
        Field("supplier", Kind.TEXT, ("supplier",), required=True),
        Field("department", Kind.TEXT, ("department",)),
        Field("total", Kind.MONEY, ("total",), required=True, always=True),
        Field("currency", Kind.TEXT, ("currency",)),
        Field("acknowledged_at", Kind.DATE, ("last acknowledged",)),
        Field("contract", Kind.TEXT, ("contract",)),
        Field("matched", Kind.FLAG, ("invoice matched",)),
    ),
    identity="number",
    team=_.department,
    tallies=(
        Tally("purchase_orders", _.created_at, where=_placed),
        Tally("acknowledgeable_orders", _.created_at, where=_placed & _old_enough),
        Tally("acknowledged_orders", _.created_at, where=_placed & _old_enough & _quick),
        Tally("sourcing_days", _.created_at,
              seconds(_.requested_on, _.created_at.truncate("D")), _timed, divide=DAY),
        Tally("timed_orders", _.created_at, where=_timed),
        Tally("order_spend", _.created_at, _.total, _placed, divide=MICROS),
        Tally("contract_spend", _.created_at, _.total, _placed & _.contract.notnull(),
              divide=MICROS),
        Tally("invoiced_orders", _.created_at, where=_placed & _.matched.notnull(),
              pending=_placed & _.matched.isnull()),
        Tally("matched_orders", _.created_at, where=_placed & _.matched,
              pending=_placed & _.matched.isnull()),
    ),
    statistics=(Concentration(_.created_at, _.supplier, _placed.ifelse(_.total, None)),),
)  # fmt: skip
