"""What one record is: joined with what other tables know, without repeats and deleted rows."""

from __future__ import annotations

from collections.abc import Mapping

import ibis
from ibis import _

from ingest.source import Source


def join(source: Source, bound: Mapping[str, ibis.Table]) -> ibis.Table:
    """Add to each record what the other tables of the upload know about it."""
    records = bound[source.key]
    for lookup in source.lookups:
        if lookup.source not in bound or not lookup.brings:
            continue
        known = bound[lookup.source]
        rows = ibis.window(group_by=known[lookup.right], order_by=[known.file, known.row])
        first = known.mutate(rank=ibis.row_number().over(rows)).filter(_.rank == 0)
        brought = {f"looked_up_{name}": name for name in lookup.brings}
        other = first.select(lookup.right, *lookup.brings)
        other = other.rename(lookup_key=lookup.right, **brought)
        records = records.left_join(other, [records[lookup.left] == other.lookup_key])
        # What a record says of itself stands; the other table fills in what it leaves open.
        records = records.mutate(
            **{name: ibis.coalesce(records[name], records[key]) for key, name in brought.items()}
        )
        records = records.drop("lookup_key", *brought)
    return records


def drop_cancelled(source: Source, records: ibis.Table) -> ibis.Table:
    """Take out what was deleted or cancelled."""
    if source.left_out is None:
        return records
    return records.filter(~source.left_out.resolve(records).fill_null(False))


def one_per_record(source: Source, records: ibis.Table) -> ibis.Table:
    """Keep the latest row of each record where the source says what names a record."""
    if source.identity is None or source.repeats == "keep":
        return records
    order = [records[source.latest].desc(nulls_first=False)] if source.latest else []
    order += [records.file.desc(), records.row.desc()]
    key = records[source.identity]
    rank = ibis.row_number().over(ibis.window(group_by=key, order_by=order))
    return (
        records.mutate(rank=rank).filter((_.rank == 0) | _[source.identity].isnull()).drop("rank")
    )


def with_first_rows(source: Source, records: ibis.Table) -> ibis.Table:
    """Mark one row of each document, so that documents of several rows count once."""
    if source.document is None:
        return records
    window = ibis.window(group_by=records[source.document], order_by=[records.file, records.row])
    numbered = records.mutate(first_of_document=ibis.row_number().over(window))
    return numbered.mutate(first_of_document=_.first_of_document == 0)
