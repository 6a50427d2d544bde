"""Persons stand under pseudonyms made with a key of their client; those of before are re-keyed.

What was kept before were eight digits that anybody who guesses a name can compute, and names of
one word as they are. Each becomes what the same name in the next file will become.
"""

import hashlib
import io
import secrets

import pyarrow as pa
import pyarrow.parquet as parquet
import sqlalchemy as sa
from alembic import op

from metrics.measures.pseudonyms import COLUMNS, pseudonym

revision = "0005"
down_revision = "0004"

_CLIENT = sa.table("client", sa.column("id"))
_KEY = sa.table("pseudonym_key", sa.column("client"), sa.column("value"))
_BLOB = sa.table("blob", sa.column("client"), sa.column("sha256"), sa.column("data"))
_ITEM = sa.table("item", sa.column("client"), sa.column("kind"), sa.column("sha256"))
_PART = sa.table("part", sa.column("client"))


def upgrade() -> None:
    op.create_table(
        "pseudonym_key",
        sa.Column("client", sa.String, primary_key=True),
        sa.Column("value", sa.String(64), nullable=False),
        sa.ForeignKeyConstraint(
            ["client"], ["client.id"], name="fk_pseudonym_key_client", ondelete="CASCADE"
        ),
    )
    connection = op.get_bind()
    for client in connection.scalars(sa.select(_CLIENT.c.id)).all():
        key = secrets.token_hex(32)
        connection.execute(sa.insert(_KEY), {"client": client, "value": key})
        if _re_key(connection, client, bytes.fromhex(key)):
            connection.execute(sa.delete(_PART).where(_PART.c.client == client))


def _re_key(connection: sa.Connection, client: str, key: bytes) -> bool:
    """Write the client's frames anew where they name persons; say whether any did."""
    frames = (_ITEM.c.client == client) & (_ITEM.c.kind == "frame")
    changed = False
    for sha256 in connection.scalars(sa.select(_ITEM.c.sha256).where(frames).distinct()).all():
        held = (_BLOB.c.client == client) & (_BLOB.c.sha256 == sha256)
        data = bytes(connection.execute(sa.select(_BLOB.c.data).where(held)).scalar_one())
        written = _written(data, key)
        if written is None:
            continue
        changed = True
        named = hashlib.sha256(written).hexdigest()
        there = sa.select(_BLOB.c.sha256).where(_BLOB.c.client == client, _BLOB.c.sha256 == named)
        if connection.scalar(there) is None:
            connection.execute(
                sa.insert(_BLOB), {"client": client, "sha256": named, "data": written}
            )
        connection.execute(
            sa.update(_ITEM).where(frames, _ITEM.c.sha256 == sha256).values(sha256=named)
        )
        connection.execute(sa.delete(_BLOB).where(held))
    return changed


def _written(data: bytes, key: bytes) -> bytes | None:
    table = parquet.read_table(io.BytesIO(data))
    before = table
    for name in (each for each in COLUMNS if each in table.column_names):
        coded = table.column(name).combine_chunks().dictionary_encode()
        names = [pseudonym(key, each) for each in coded.dictionary.to_pylist()]
        cells = pa.array(names, coded.dictionary.type).take(coded.indices)
        table = table.set_column(table.column_names.index(name), name, cells)
    if table.equals(before):
        return None
    out = io.BytesIO()
    parquet.write_table(table, out, compression="zstd")
    return out.getvalue()


def downgrade() -> None:
    op.drop_table("pseudonym_key")
