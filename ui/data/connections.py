"""What the Connections page shows: address, tables and columns, last pull, schedule."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from ingest.sources import SOURCES
from ingest.warehouse.connection import Connection, TableMap
from loop import connections
from metrics.errors import AttuneError
from metrics.units import write_moment, write_month
from ui.data.walk import source_title
from ui.door import session, writes
from ui.look import writing
from words import say
from workspaces.people import Role

KINDS = {source.key: source for source in SOURCES if source.tallies}


def show(current: session.Session) -> None:
    """Show the client's connections, or say who may see them."""
    if not current.role.reaches(Role.CONSULTANT):
        needed = say(f"access.role_{Role.CONSULTANT.value}")
        st.info(say("errors.no_access", needed=needed))
        return
    writing.show_quiet(say("connections.about"))
    found = known(current)
    if found:
        one = choose(found)
        for section in (state, pull, tables, schedule, forget):
            section(current, one)
    add(current, first=not found)


def known(current: session.Session) -> dict[str, Connection]:
    """Return the client's connections by name."""
    return connections.load_connections(current.workspace)


def choose(found: dict[str, Connection]) -> Connection:
    """Ask for the connection; the address remembers it."""
    names = tuple(found)
    asked = session.from_address("connection", names, names[0])
    picked = st.selectbox(
        say("connections.pick"), names, index=names.index(asked), key=f"connection-{len(names)}"
    )
    session.to_address(connection=picked)
    return found[picked]


def state(current: session.Session, one: Connection) -> None:
    """Say where it leads, what it feeds, and when it was last pulled."""
    uploads = current.workspace.uploads()
    own = uploads[uploads["name"].str.startswith(f"{one.name} ")]
    last = say("connections.never") if own.empty else f"{write_moment(own['at'].max())} UTC"
    kinds = [source_title(t.source) for t in one.tables] or [say("connections.nothing")]
    writing.statement(
        say("connections.leads", address=one.address, kinds=kinds), say("connections.last", at=last)
    )
    writing.show_quiet(
        say(f"connections.secret_{'set' if one.permitted else 'unset'}", variable=one.variable)
    )


def pull(current: session.Session, one: Connection) -> None:
    """Read the tables now, and say what that changed."""
    if not one.tables:
        return
    whole = st.checkbox(say("connections.whole"), help=say("connections.whole_help"))
    if not st.button(say("connections.pull"), type="primary", icon=":material/download:"):
        return
    with st.spinner(say("connections.pulling", name=one.name), show_time=True):
        writes.attempt(
            lambda: connections.pull(
                current.workspace, one.name, whole=whole, trusted=_is_trusted()
            ),
            _describe,
        )


def _describe(done: connections.Pulled) -> str:
    """Say what a pull brought and what was found on the way."""
    text = say(
        "connections.pulled",
        revision=done.revision,
        since=write_month(done.since) if done.since else say("connections.beginning"),
        rows=f"{sum(t.rows for t in done.found.tables):,}",
        values=f"{len(done.found.frames['observations']):,}",
        restated=done.restated,
    )
    return " ".join([text, *(say(f"findings.{f.code}", **f.facts) for f in done.found.findings)])


def _is_trusted() -> bool:
    return not session.signs_in()


def tables(current: session.Session, one: Connection) -> None:
    """Map a table: its name, the kind of record in it, and which column is which field."""
    writing.heading(say("connections.tables"), say("connections.tables_about"))
    if one.tables:
        rows = pd.DataFrame(
            [
                {
                    "table": t.table,
                    "kind": source_title(t.source),
                    "columns": ", ".join(
                        f"{field} ← {column}" for field, column in t.columns.items()
                    ),
                }
                for t in one.tables
            ]
        )
        st.dataframe(
            rows,
            hide_index=True,
            width="stretch",
            row_height=66,
            column_config={c: say(f"connections.column_{c}") for c in rows},
        )
    name = st.text_input(
        say("connections.table"), placeholder="public.tickets", key=f"table-{one.name}"
    ).strip()
    if not name:
        return
    try:
        with st.spinner(say("connections.testing"), show_time=True):
            found = connections.columns(one, name, _is_trusted())
    except AttuneError as refused:
        st.error(writing.sentence(refused))
        return
    st.success(say("connections.tested", table=name, n=len(found)))
    _map(current, one, name, found)


def _map(current: session.Session, one: Connection, table: str, found: list[str]) -> None:
    earlier = next((t for t in one.tables if t.table == table), None)
    guess = earlier or connections.suggest_map(found)
    keys = list(KINDS)
    kind = st.selectbox(
        say("connections.kind"),
        keys,
        index=keys.index(guess.source) if guess else None,
        format_func=source_title,
        placeholder=say("connections.kind_pick"),
    )
    if kind is None:
        return
    source = KINDS[kind]
    taken = guess.columns if guess and guess.source == kind else {}
    rows = pd.DataFrame(
        [
            {
                "field": field.aliases[0] if field.aliases else field.key,
                "needed": say("connections.needed") if field.required else "",
                "column": taken.get(field.key),
            }
            for field in source.fields
        ]
    )
    edited = st.data_editor(
        rows,
        hide_index=True,
        width="stretch",
        disabled=["field", "needed"],
        key=f"map-{one.name}-{table}-{kind}",
        column_config={
            "field": say("connections.column_field"),
            "needed": "",
            "column": st.column_config.SelectboxColumn(
                say("connections.column_column"), options=found
            ),
        },
    )
    columns = {
        field.key: column
        for field, column in zip(source.fields, edited["column"], strict=True)
        if isinstance(column, str) and column
    }
    unique = st.checkbox(
        say("connections.unique"),
        help=say("connections.unique_help"),
        value=bool(earlier and earlier.unique),
    )
    missing = [f.aliases[0] for f in source.fields if f.required and f.key not in columns]
    if missing:
        writing.show_quiet(say("connections.missing", fields=missing))
    if st.button(say("connections.keep", table=table)):
        others = tuple(t for t in one.tables if t.table != table)
        mapped = TableMap(kind, table, columns, unique)
        _save(current, Connection(one.name, one.address, (*others, mapped), one.owner))


def _save(current: session.Session, connection: Connection) -> None:
    def kept(number: int) -> str:
        session.to_address(connection=connection.name)
        return say("connections.kept", name=connection.name, revision=number)

    writes.attempt(
        lambda: connections.keep(current.workspace, current.client.revision, connection), kept
    )


def schedule(current: session.Session, one: Connection) -> None:
    """Print the line for the machine's own scheduler."""
    if not one.tables:
        return
    writing.heading(say("connections.schedule"), say("connections.schedule_about"))
    st.code(connections.schedule(current.client.id, one.name), language="bash")


def forget(current: session.Session, one: Connection) -> None:
    """Forget the connection; what was pulled stays."""
    if st.button(
        say("connections.forget", name=one.name),
        type="tertiary",
        icon=":material/link_off:",
        help=say("connections.forget_help"),
    ):
        writes.attempt(
            lambda: connections.remove(current.workspace, current.client.revision, one.name),
            lambda _: say("connections.forgotten", name=one.name),
        )


def add(current: session.Session, first: bool) -> None:
    """Ask for a new connection."""
    if first:
        st.write(say("connections.empty", client=writing.literal(current.client.name)))
    with (
        st.expander(say("connections.add"), expanded=first, icon=":material/add:"),
        st.form("connection", border=False),
    ):
        name = st.text_input(say("connections.name"), placeholder=say("connections.name_example"))
        address = st.text_input(
            say("connections.address"),
            help=say("connections.address_help"),
            placeholder="postgresql://reader@host:5432/database",
        )
        if st.form_submit_button(say("connections.add_do"), type="primary"):
            _save(current, Connection(name.strip(), address.strip(), (), current.client.id))
