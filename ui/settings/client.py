"""What the Settings page shows of a client: name, hand-over, deletion, links; limits and backup."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qsl, urlsplit

import pandas as pd
import streamlit as st

from ingest.limits import LIMITS
from metrics.frames.frame import iterate_rows
from metrics.functions import title as function_title
from metrics.units import write_moment
from ui.door import addresses, downloads, parts, session, tables, writes
from ui.look import writing
from words import say
from workspaces import scratch
from workspaces.people import INVITATION_DAYS, Role

TALL = 66
LINK_DAYS = 90
"""The longest a shared link may live."""
DAYS = (1, 7, 30, LINK_DAYS)
PAGES = (
    "overview",
    "maturity",
    "indicators",
    "initiatives",
    "outlook",
    "business_case",
    "decisions",
)
EVERY = "every function"
MANAGED = ("people", "audit", "installation")


def message() -> None:
    """Show what the last action did, once; proof of a deletion stays until the next action."""
    writes.message()
    proof = session.recall("proof")
    if proof is not None:
        st.dataframe(
            proof,
            hide_index=True,
            width="content",
            column_config={c: say(f"settings.{c}") for c in proof},
        )
        session.remember("proof", None)


def finish(text: str, proof: pd.DataFrame | None = None) -> None:
    """Remember what was done and show the page anew."""
    session.remember("message", text)
    session.remember("proof", proof)
    st.rerun()


def areas(current: session.Session) -> list[str]:
    """Return the areas this person may open: people and audit are the administrator's."""
    mine = ["client", "links"]
    return mine if current.role is not Role.ADMINISTRATOR else [*mine, *MANAGED]


def choose(areas: list[str]) -> str:
    """Return the area the address names; one click changes it."""
    return parts.choose(
        areas, lambda area: say(f"settings.area_{area}"), say("settings.area"), "area"
    )


def rename(current: session.Session) -> None:
    """Change the client's name."""
    writing.heading(say("settings.rename"), say("settings.rename_about"))
    with st.form("rename", border=False, width=480):
        name = st.text_input(say("settings.name"), current.client.name, max_chars=80).strip()
        if not st.form_submit_button(say("settings.rename_do")) or name == current.client.name:
            return
    if not name:
        st.error(say("page.setup.name_missing"))
        return
    writes.attempt(
        lambda: current.workspace.save(
            current.client.revision,
            "rename",
            profile=replace(current.profile, name=name),
            summary=name,
        ),
        lambda _: say("settings.renamed", name=name),
    )


def hand_over(current: session.Session) -> None:
    """Give the client out as one file, with everything in it."""
    writing.heading(say("settings.hand_over"), say("settings.hand_over_about"))

    def made() -> bytes:
        with scratch.folder() as folder:
            path = folder / "client"
            current.workspace.export(path)
            return path.read_bytes()

    downloads.download(
        say("settings.export"),
        made,
        f"{current.client.name}.attune-client",
        icon=":material/download:",
    )


def delete(current: session.Session) -> None:
    """Delete the client once its name was typed, and show the proof."""
    writing.heading(say("settings.delete"), say("settings.delete_about"))
    with st.form("delete", border=False, width=480):
        typed = st.text_input(
            say("settings.delete_sure", name=writing.literal(current.client.name))
        )
        if not st.form_submit_button(say("settings.delete_do"), icon=":material/delete_forever:"):
            return
    if typed.strip() != current.client.name:
        st.error(say("settings.delete_differs"))
        return
    gone = current.workspace.delete()
    proof = pd.DataFrame(
        [{"kept": table, "removed": n, "left": gone.left[table]} for table, n in gone.rows.items()]
    )
    files = "settings.deleted_files" if gone.bytes_left is not None else "settings.deleted_server"
    session.forget_client()
    finish(
        say(
            "settings.deleted",
            name=writing.literal(current.client.name),
            rows=f"{sum(gone.rows.values()):,}",
        )
        + " "
        + say(files, places=gone.bytes_left),
        proof,
    )


def address(current: session.Session) -> None:
    """Say how people with a role share what they see."""
    writing.heading(say("settings.address"), say("settings.address_about"))
    st.code(
        session.link_to("overview", {"client": current.client.id}), language=None, wrap_lines=True
    )


def share(current: session.Session) -> None:
    """Make a link that lets somebody without an account look, for a while."""
    writing.heading(say("settings.share"), say("settings.share_about"))
    with st.form("share", border=False):
        left, middle, right = st.columns([2, 2, 1])
        page = left.selectbox(
            say("settings.page"), PAGES, format_func=lambda page: say(f"settings.page_{page}")
        )
        function = middle.selectbox(
            say("settings.function"),
            [EVERY, *current.profile.functions],
            format_func=lambda key: say("settings.every") if key == EVERY else function_title(key),
        )
        days = right.selectbox(say("settings.days"), DAYS, index=1)
        pasted = st.text_input(say("settings.paste"), help=say("settings.paste_help"))
        made = st.form_submit_button(say("settings.share_do"), icon=":material/link:")
    if made:
        filters = {"function": str(function)} if function != EVERY else {}
        if pasted.strip():
            page, filters = _taken_apart(pasted)
        if page in PAGES:
            new_link(current, str(page), {"client": current.client.id, **filters}, int(days))
        else:
            st.error(say("settings.paste_wrong"))
    link = session.recall("link")
    if link:
        st.code(link, language=None, wrap_lines=True)
        writing.show_quiet(say("settings.share_once"))
        session.remember("link", None)


def _taken_apart(pasted: str) -> tuple[str, dict[str, str]]:
    """Return page and filters of an address of ours; whose client it shows is not believed."""
    parts_of = urlsplit(pasted.strip())
    named = dict(parse_qsl(parts_of.query))
    filters = {k: v for k, v in named.items() if k not in ("client", "link", "area")}
    return addresses.now(parts_of.path.rsplit("/", 1)[-1] or PAGES[0], filters)


def new_link(current: session.Session, page: str, filters: dict[str, str], days: int) -> None:
    """Make a link to a page as it is filtered and remember it for showing once."""
    named = [f"{k}={v}" for k, v in filters.items() if k not in ("client", "link", "area")]
    scope = page + ("?" + "&".join(named) if named else "")
    token = current.workspace.share(days, scope)
    session.remember("link", session.link_to(page, {**filters, "link": token}))


def links(current: session.Session) -> None:
    """Show the links that work, and withdraw them."""
    writing.heading(say("settings.links"))
    workspace = current.workspace
    working = workspace.links()
    if working.empty:
        writing.show_quiet(say("settings.links_none"))
        return
    for row in iterate_rows(working.sort_values("expires")):
        with st.container(horizontal=True, vertical_alignment="center", border=True):
            st.markdown(
                say(
                    "settings.link",
                    scope=row.scope or "–",
                    author=row.author,
                    at=write_moment(row.at),
                    expires=write_moment(row.expires),
                )
            )
            if st.button(say("settings.withdraw"), key=f"withdraw-{row.sha256}"):
                workspace.revoke(row.sha256)
                finish(say("settings.withdrawn"))


def limits() -> None:
    """Show how much a file may ask, how long things live, and where that is set."""
    writing.heading(say("settings.limits"), say("settings.limits_about"))
    lives = (
        ("upload", int(st.get_option("server.maxUploadSize")), "MB", "server.maxUploadSize"),
        ("invitation", INVITATION_DAYS, "days", "workspaces/people.py"),
        ("link", LINK_DAYS, "days", "ui/settings/client.py"),
    )
    rows = [
        {"limit": say(f"settings.limit_{key}"), "value": f"{value:,}", "unit": unit, "why": where}
        for key, value, unit, where in lives
    ] + [
        {
            "limit": limit.key.replace("_", " "),
            "value": f"{limit.value:,}",
            "unit": limit.unit,
            "why": limit.why,
        }
        for limit in LIMITS
    ]
    frame = pd.DataFrame(rows)
    columns = {c: say(f"settings.{c}") for c in frame}
    columns["why"] = st.column_config.TextColumn(say("settings.why"), width="large")
    tables.table(frame, "Attune limits", columns, row_height=TALL)


def backup() -> None:
    """Give out everything there is as one file."""
    writing.heading(say("settings.backup"), say("settings.backup_about"))
    downloads.download(
        say("settings.backup_do"),
        session.backup_maker(),
        "attune-backup.sqlite",
        icon=":material/download:",
    )
