"""Clients, revisions, blobs and what holds between which revisions."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _client() -> sa.Column:
    return sa.Column("client", sa.String, primary_key=True)


def _owner(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["client"], ["client.id"], name=f"fk_{table}_client", ondelete="CASCADE"
    )


def _stored(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["client", "sha256"],
        ["blob.client", "blob.sha256"],
        name=f"fk_{table}_blob",
        ondelete="CASCADE",
    )


def upgrade() -> None:
    op.create_table(
        "client",
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("created", sa.DateTime, nullable=False),
    )
    op.create_table(
        "revision",
        _client(),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("as_of", sa.Date, nullable=False),
        _owner("revision"),
    )
    op.create_table(
        "blob",
        _client(),
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
        _owner("blob"),
    )
    op.create_table(
        "item",
        _client(),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("name", sa.String, primary_key=True),
        sa.Column("source", sa.String, primary_key=True),
        sa.Column("added", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("retired", sa.Integer),
        sa.Column("sha256", sa.String(64), nullable=False),
        _owner("item"),
        _stored("item"),
    )
    op.create_index("ix_item_added", "item", ["client", "added"])
    op.create_table(
        "upload",
        _client(),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("name", sa.String, nullable=False),
        sa.Column("source", sa.String, nullable=False),
        sa.Column("summary", sa.Text, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        _owner("upload"),
    )
    op.create_table(
        "part",
        _client(),
        sa.Column("revision", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("data", sa.LargeBinary, nullable=False),
        _owner("part"),
    )
    op.create_table(
        "issued",
        _client(),
        sa.Column("id", sa.String, primary_key=True),
        sa.Column("revision", sa.Integer, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("author", sa.String, nullable=False),
        _owner("issued"),
        _stored("issued"),
    )


def downgrade() -> None:
    for table in ("issued", "part", "upload", "item", "blob", "revision", "client"):
        op.drop_table(table)
