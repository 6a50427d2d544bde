"""What was issued elsewhere is marked; the key leaves the file; passwords leave old connections.

Before 0.2 a connection's address was kept as it was typed, in every revision since. Documents are
named by their SHA-256, so the cleaned ones get other names; nothing else of a revision changes.
"""

import hashlib
import json
import re

import sqlalchemy as sa
from alembic import op

from workspaces import keys

revision = "0004"
down_revision = "0003"

SECRET_OPTION = re.compile(r"(?i)(?<![a-z])(password|passwd|pwd)\s*=\s*('[^']*'|[^&;\s]*)[&;\s]?")


def upgrade() -> None:
    op.create_table(
        "elsewhere",
        sa.Column("client", sa.String, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.ForeignKeyConstraint(
            ["client"], ["client.id"], name="fk_elsewhere_client", ondelete="CASCADE"
        ),
    )
    clean_connections(op.get_bind())
    keys.move(op.get_bind())


def downgrade() -> None:
    op.drop_table("elsewhere")


def clean_connections(connection: sa.Connection) -> None:
    """Write every revision's connections again without what a password could be."""
    held = connection.execute(
        sa.text(
            "SELECT DISTINCT i.client, i.sha256, b.data FROM item i JOIN blob b"
            " ON b.client = i.client AND b.sha256 = i.sha256"
            " WHERE i.kind = 'document' AND i.name = 'connections'"
        )
    ).all()
    for client, before, data in held:
        document = json.loads(bytes(data))
        cleaned = {name: _clean(entry) for name, entry in document.items()}
        if cleaned == document:
            continue
        body = json.dumps(cleaned, ensure_ascii=False, allow_nan=False).encode()
        after = hashlib.sha256(body).hexdigest()
        one = {"client": client, "before": before, "after": after}
        there = "SELECT 1 FROM blob WHERE client = :client AND sha256 = :after"
        if connection.execute(sa.text(there), one).first() is None:
            insert = "INSERT INTO blob (client, sha256, data) VALUES (:client, :after, :data)"
            connection.execute(sa.text(insert), one | {"data": body})
        update = (
            "UPDATE item SET sha256 = :after WHERE client = :client AND sha256 = :before"
            " AND kind = 'document' AND name = 'connections'"
        )
        connection.execute(sa.text(update), one)
        unused = " ".join(
            f"AND NOT EXISTS (SELECT 1 FROM {table} t WHERE t.client = blob.client"  # noqa: S608
            " AND t.sha256 = blob.sha256)"
            for table in ("item", "upload", "issued")
        )
        gone = f"DELETE FROM blob WHERE client = :client AND sha256 = :before {unused}"  # noqa: S608
        connection.execute(sa.text(gone), one)


def _clean(entry: object) -> object:
    if not isinstance(entry, dict) or not isinstance(entry.get("address"), str):
        return entry
    return {**entry, "address": without_password(entry["address"])}


def without_password(address: str) -> str:
    """Return an address without a password before its host or among its options."""
    plain = SECRET_OPTION.sub("", address).rstrip("&;? ") if "=" in address else address
    # A password may hold a slash or a sign that ends the host for whoever reads it by the book.
    return re.sub(r"^([A-Za-z+]+://)([^:/@]*):(?!\d*/).*@", r"\1\2@", plain, flags=re.DOTALL)
