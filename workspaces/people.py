"""Who may see which client: people, roles, invitations, share links, and the audit of it all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

import pandas as pd
from sqlalchemy import Connection, delete, insert, select, union_all, update
from sqlalchemy import literal_column as literal

from metrics.errors import InvalidInput
from workspaces import database, tokens
from workspaces.pieces import digest
from workspaces.revisions import newest_revision, note, utc_now
from workspaces.store import Store
from workspaces.tables import audit, invitation, link, person, revision, role

INVITATION_DAYS = 14


class Role(StrEnum):
    """What a person may do with one client; each role may all that those before it may."""

    EXECUTIVE = "executive"
    ANALYST = "analyst"
    CONSULTANT = "consultant"
    ADMINISTRATOR = "administrator"

    def reaches(self, needed: Role) -> bool:
        """Say whether this role may do what ``needed`` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True)
class Person:
    """Somebody who signed in. An administrator may do everything with every client."""

    email: str
    name: str
    administrator: bool = False


LOCAL = Person("local", "", administrator=True)
"""The one user of an installation without sign-in, which listens on this computer only."""
COMMAND_LINE = Person("command line", "", administrator=True)
"""Whoever runs commands on this computer, and so reaches the database anyway."""


def audit_trail(store: Store, client: str | None = None) -> pd.DataFrame:
    """Return who did what when: at, person, action, client, facts; of one client or of all.

    Revisions are part of it: each is written in one transaction with what it says.
    """
    noted = select(audit.c.at, audit.c.person, audit.c.action, audit.c.client, audit.c.facts)
    saved = select(
        revision.c.at,
        revision.c.author.label("person"),
        revision.c.action,
        revision.c.client,
        revision.c.summary.label("facts"),
    )
    if client is not None:
        noted = noted.where(audit.c.client == client)
        saved = saved.where(revision.c.client == client)
    with database.reading(store.engine) as connection:
        rows = connection.execute(union_all(noted, saved).order_by(literal("at"))).all()
    return pd.DataFrame(rows, columns=["at", "person", "action", "client", "facts"])


def plain_email(email: str) -> str:
    """Return an address in the one spelling it is compared in.

    Raises
    ------
    InvalidInput
        It is no address, and could be mistaken for the local user or a link.
    """
    plain = email.strip().lower()
    if plain.count("@") != 1 or plain.startswith("@") or plain.endswith("@") or " " in plain:
        raise InvalidInput("not_an_email", email=email)
    return plain


def sign_in(store: Store, email: str, name: str, administrators: Collection[str] = ()) -> Person:
    """Return the person of a verified address, with the roles invitations offered them.

    Parameters
    ----------
    administrators : collection of str
        Addresses that are administrators by configuration.
    """
    who = plain_email(email)
    appointed = who in {plain_email(each) for each in administrators}
    with database.reading(store.engine) as connection:
        known = connection.execute(select(person).where(person.c.email == who)).first()
        offered = select(invitation.c.client).where(invitation.c.email == who)
        # Nothing changes: somebody who only wants to look needs no disk that can be written to.
        if (
            known is not None
            and (known.administrator or not appointed)
            and connection.execute(offered).first() is None
        ):
            return Person(known.email, known.name, known.administrator)
    with database.writing(store.engine) as connection:
        known = connection.execute(select(person).where(person.c.email == who)).first()
        if known is None:
            row = {"email": who, "name": name, "administrator": appointed, "joined": utc_now()}
            connection.execute(insert(person), row)
            note(connection, who, "join", administrator=appointed)
        elif appointed and not known.administrator:
            _appoint(connection, who, True)
            note(connection, who, "appoint", email=who)
        _accept(connection, who)
        found = connection.execute(select(person).where(person.c.email == who)).one()
    return Person(found.email, found.name, found.administrator)


def _accept(connection: Connection, who: str) -> None:
    open_ones = connection.execute(select(invitation).where(invitation.c.email == who)).all()
    connection.execute(delete(invitation).where(invitation.c.email == who))
    for each in open_ones:
        if each.expires > utc_now():
            _give(connection, each.client, who, Role(each.role))
            note(connection, who, "accept", each.client, role=each.role)


def _appoint(connection: Connection, email: str, administrator: bool) -> None:
    row = update(person).where(person.c.email == email)
    connection.execute(row.values(administrator=administrator))


def _give(connection: Connection, client: str, email: str, given: Role) -> None:
    connection.execute(delete(role).where(role.c.client == client, role.c.email == email))
    connection.execute(insert(role), {"client": client, "email": email, "role": given.value})


def give_role(store: Store, author: str, client: str, email: str, given: Role) -> None:
    """Give a role; to somebody who never signed in as an invitation, valid for fourteen days."""
    who = plain_email(email)
    with database.writing(store.engine) as connection:
        newest_revision(connection, client)
        if connection.execute(select(person).where(person.c.email == who)).first():
            _give(connection, client, who, given)
            note(connection, author, "give_role", client, email=who, role=given.value)
            return
        same = invitation.c.client == client, invitation.c.email == who
        connection.execute(delete(invitation).where(*same))
        row = {
            "client": client,
            "email": who,
            "role": given.value,
            "author": author,
            "expires": utc_now() + timedelta(days=INVITATION_DAYS),
        }
        connection.execute(insert(invitation), row)
        note(connection, author, "invite", client, email=who, role=given.value)


def take_role(store: Store, author: str, client: str, email: str) -> None:
    """End somebody's role or invitation for one client."""
    who = plain_email(email)
    with database.writing(store.engine) as connection:
        for table in (role, invitation):
            same = table.c.client == client, table.c.email == who
            connection.execute(delete(table).where(*same))
        note(connection, author, "take_role", client, email=who)


def remove_person(store: Store, author: str, email: str) -> None:
    """End everything somebody may do, open invitations and shared links included."""
    who = plain_email(email)
    with database.writing(store.engine) as connection:
        connection.execute(delete(link).where(link.c.author == who))
        connection.execute(delete(invitation).where(invitation.c.email == who))
        connection.execute(delete(person).where(person.c.email == who))
        note(connection, author, "remove_person", email=who)


def appoint(store: Store, author: str, email: str, administrator: bool) -> None:
    """Make somebody an administrator of everything, or end that."""
    who = plain_email(email)
    with database.writing(store.engine) as connection:
        _appoint(connection, who, administrator)
        note(connection, author, "appoint" if administrator else "dismiss", email=who)


def everybody(store: Store) -> pd.DataFrame:
    """Return everybody who ever signed in and was not removed: email, name, administrator."""
    columns = (person.c.email, person.c.name, person.c.administrator)
    with database.reading(store.engine) as connection:
        rows = connection.execute(select(*columns).order_by(person.c.email)).all()
    return pd.DataFrame(rows, columns=[column.name for column in columns])


def people(store: Store, client: str) -> pd.DataFrame:
    """Return email, name, role and state (joined or invited) of everybody with a role."""
    joined = (
        select(role.c.email, person.c.name, role.c.role, literal("'joined'").label("state"))
        .join(person, person.c.email == role.c.email)
        .where(role.c.client == client)
    )
    invited = select(
        invitation.c.email, literal("''"), invitation.c.role, literal("'invited'")
    ).where(invitation.c.client == client, invitation.c.expires > utc_now())
    with database.reading(store.engine) as connection:
        rows = connection.execute(union_all(joined, invited)).all()
    return pd.DataFrame(sorted(rows), columns=["email", "name", "role", "state"])


def role_of(store: Store, email: str, client: str) -> Role | None:
    """Return what an address may do with a client now; None for nothing."""
    given = role.c.client == client
    with database.reading(store.engine) as connection:
        found = connection.execute(
            select(person.c.administrator, role.c.role)
            .join(role, (role.c.email == person.c.email) & given, isouter=True)
            .where(person.c.email == email)
        ).first()
    if found is None:
        return None
    if found.administrator:
        return Role.ADMINISTRATOR
    return Role(found.role) if found.role else None


def is_administrator(store: Store, email: str) -> bool:
    """Say whether an address is now an administrator of everything; no client has a say in it."""
    with database.reading(store.engine) as connection:
        found = connection.scalar(select(person.c.administrator).where(person.c.email == email))
    return bool(found)


def clients_of(store: Store, email: str) -> set[str]:
    """Return the ids of the clients an address has a role for."""
    with database.reading(store.engine) as connection:
        return set(connection.scalars(select(role.c.client).where(role.c.email == email)))


def share(store: Store, author: str, client: str, days: float, scope: str = "") -> str:
    """Return the token of a link that lets its holder view one client until it expires.

    The token is random, signed, and carries its end; only its SHA-256 is kept, so whoever reads
    the database cannot use the link.
    ``scope`` is what the link opens (page and filters), for the list of links.
    """
    expires = utc_now() + timedelta(days=days)
    with database.writing(store.engine) as connection:
        newest_revision(connection, client)
        token = tokens.sign_token(connection, expires)
        row = {
            "sha256": digest(token.encode()),
            "client": client,
            "scope": scope,
            "author": author,
            "at": utc_now(),
            "expires": expires,
        }
        connection.execute(insert(link), row)
        note(connection, author, "share", client, scope=scope, expires=expires)
    return token


def links(store: Store, client: str) -> pd.DataFrame:
    """Return the links of a client that still work: sha256, scope, author, at, expires."""
    columns = (link.c.sha256, link.c.scope, link.c.author, link.c.at, link.c.expires)
    working = link.c.client == client, link.c.expires > utc_now()
    with database.reading(store.engine) as connection:
        rows = connection.execute(select(*columns).where(*working)).all()
    return pd.DataFrame(rows, columns=[column.name for column in columns])


def revoke(store: Store, author: str, client: str, sha256: str) -> None:
    """End a link."""
    with database.writing(store.engine) as connection:
        same = link.c.client == client, link.c.sha256 == sha256
        connection.execute(delete(link).where(*same))
        note(connection, author, "revoke", client, link=sha256)


def link_client(store: Store, token: str) -> str | None:
    """Return the client a link opens; None if it is forged, unknown, revoked or expired.

    A link ends with the right to share of the person who made it.
    """
    found = link.c.sha256 == digest(token.encode()), link.c.expires > utc_now()
    with database.reading(store.engine) as connection:
        if not tokens.is_genuine(connection, token):
            return None
        row = connection.execute(select(link.c.client, link.c.author).where(*found)).first()
    if row is None or row.author == LOCAL.email:
        return row.client if row else None
    held = role_of(store, row.author, row.client)
    return row.client if held is not None and held.reaches(Role.CONSULTANT) else None
