"""The tables: what is kept, and between which revisions it holds.

A *blob* is bytes of one client, named by their SHA-256. An *item* says that a blob is part of the
client from revision ``added`` until revision ``retired``. Nothing is ever overwritten, so every
past revision can be read, and undoing is a new revision whose items are those of an older one.
Timestamps are UTC without a zone, because SQLite keeps none.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(referred_table_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
    }
)


def _client() -> Column:
    """Each row but people's own belongs to one client and goes with it."""
    return Column("client", String, ForeignKey("client.id", ondelete="CASCADE"), primary_key=True)


client = Table(
    "client",
    metadata,
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("created", DateTime, nullable=False),
)

revision = Table(
    "revision",
    metadata,
    _client(),
    Column("number", Integer, primary_key=True, autoincrement=False),
    Column("at", DateTime, nullable=False),
    Column("author", String, nullable=False),
    Column("action", String, nullable=False),
    Column("summary", Text, nullable=False),
    Column("as_of", Date, nullable=False),
)

blob = Table(
    "blob",
    metadata,
    _client(),
    Column("sha256", String(64), primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

item = Table(
    "item",
    metadata,
    _client(),
    Column("kind", String, primary_key=True),  # upload, frame or document
    Column("name", String, primary_key=True),  # of the frame or document; '' for an upload
    Column("source", String, primary_key=True),  # upload id; 'r7.0' is typed in at revision 7
    Column("added", Integer, primary_key=True, autoincrement=False),
    Column("retired", Integer),
    Column("sha256", String(64), nullable=False),
    ForeignKeyConstraint(["client", "sha256"], ["blob.client", "blob.sha256"], ondelete="CASCADE"),
)

upload = Table(
    "upload",
    metadata,
    _client(),
    Column("id", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("source", String, nullable=False),
    Column("summary", Text, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("author", String, nullable=False),
)

pseudonym_key = Table(
    "pseudonym_key",
    metadata,
    _client(),
    Column("value", String(64), nullable=False),  # 32 bytes in hexadecimal
)

part = Table(
    "part",
    metadata,
    _client(),
    Column("revision", Integer, primary_key=True, autoincrement=False),
    Column("key", String, primary_key=True),
    Column("data", LargeBinary, nullable=False),
)

issued = Table(
    "issued",
    metadata,
    _client(),
    Column("id", String, primary_key=True),
    Column("revision", Integer, nullable=False),
    Column("kind", String, nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("at", DateTime, nullable=False),
    Column("author", String, nullable=False),
    ForeignKeyConstraint(["client", "sha256"], ["blob.client", "blob.sha256"], ondelete="CASCADE"),
)

elsewhere = Table(
    "elsewhere",
    metadata,
    _client(),
    Column("kind", String, primary_key=True),  # issued: a file; forecast: an issue of forecasts
    Column("name", String, primary_key=True),
)

Index("ix_item_added", item.c.client, item.c.added)

person = Table(
    "person",
    metadata,
    Column("email", String, primary_key=True),
    Column("name", String, nullable=False),
    Column("administrator", Boolean, nullable=False),
    Column("joined", DateTime, nullable=False),
)

role = Table(
    "role",
    metadata,
    _client(),
    Column("email", String, ForeignKey("person.email", ondelete="CASCADE"), primary_key=True),
    Column("role", String, nullable=False),
)

invitation = Table(
    "invitation",
    metadata,
    _client(),
    Column("email", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("author", String, nullable=False),
    Column("expires", DateTime, nullable=False),
)

link = Table(
    "link",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of the token, which is kept nowhere
    Column("client", String, ForeignKey("client.id", ondelete="CASCADE"), nullable=False),
    Column("scope", String, nullable=False),
    Column("author", String, nullable=False),
    Column("at", DateTime, nullable=False),
    Column("expires", DateTime, nullable=False),
)

audit = Table(
    "audit",
    metadata,
    Column("id", String, primary_key=True),
    Column("at", DateTime, nullable=False),
    Column("person", String, nullable=False),
    Column("action", String, nullable=False),
    Column("client", String, index=True),  # no foreign key: refusals name clients that never were
    Column("facts", Text, nullable=False),
)

signing_key = Table(
    "signing_key",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

ended_session = Table(
    "ended_session",
    metadata,
    Column("sha256", String(64), primary_key=True),  # of what tells one sign-in from another
    Column("until", DateTime, nullable=False),
)

CLIENT_TABLES = (
    client,
    pseudonym_key,
    blob,
    revision,
    item,
    upload,
    part,
    issued,
    elsewhere,
    audit,
)
"""What is a client's own and goes along when it is handed over, in an order to fill them."""

ALL_TABLES = (*CLIENT_TABLES, person, role, invitation, link, signing_key, ended_session)
"""Everything that is kept, in an order in which the tables can be filled."""
