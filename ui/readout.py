"""What the Read-out page shows: state, slides, brand, files, and what was issued."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from loop import readouts
from metrics.errors import AttuneError
from metrics.report import Report
from metrics.units import LOCALES, write_day
from readout import deck
from readout.brand import Brand
from readout.reading import Reading
from ui.door import downloads, writes
from ui.door.incoming import file_field
from ui.door.session import Session, recall, remember
from ui.look import writing
from words import say
from workspaces.people import Role

CHOSEN = "readout.slides"
MIME = {
    "pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "pdf": "application/pdf",
    "json": "application/json",
}


def open_reading(session: Session, report: Report) -> Reading:
    """Return the report with what was read out before."""
    standing = readouts.state(session.workspace)
    key = f"checksum.{session.client.id}.{report.revision}.{report.code_version}"
    known = recall(key)
    if known is None:
        known = readouts.checksum_of(report)
        remember(key, known)
    return readouts.reading(session.workspace, report, session.snapshot, standing, known)


def may_issue(session: Session) -> bool:
    """Handing out is a consultant's."""
    return session.role.reaches(Role.CONSULTANT)


def show_state(session: Session, read: Reading) -> None:
    """Say whether this is a draft, and offer the next step."""
    past = readouts.history(session.workspace)
    writing.statement(
        say(f"readout_page.state_{read.state}"), say(f"readout_page.state_{read.state}_about")
    )
    announced = read.restatement()
    if announced:
        st.warning(announced, icon=":material/history:")
    if read.changes:
        writing.show_quiet(
            say("readout_page.changed", n=len(read.changes), earlier=read.earlier_name)
        )
    if not may_issue(session):
        return
    if read.state == "draft" and st.button(
        say("readout_page.review"), icon=":material/fact_check:"
    ):
        writes.attempt(lambda: readouts.review(session.workspace, session.client.revision))
    if read.state == "reviewed" and st.button(
        say("readout_page.issue", number=len(past) + 1),
        type="primary",
        icon=":material/verified:",
    ):
        with st.status(say("readout_page.issuing")) as status:
            writes.attempt(
                lambda: readouts.issue(
                    session.workspace,
                    read.report,
                    chosen(),
                    lambda key: status.update(label=say(f"readout_page.making_{key}")),
                )
            )


def chosen() -> tuple[str, ...]:
    """Return the slides ticked, in their order."""
    return recall(CHOSEN) or tuple(deck.BY_KEY)


def slides() -> None:
    """Show the slides to tick and to order."""
    writing.heading(say("readout_page.slides"), say("readout_page.slides_about"))
    frame = pd.DataFrame(
        {
            "shown": True,
            "order": [float(n) for n in range(1, len(deck.SLIDES) + 1)],
            "slide": [say(f"deck.title.{kind.key}") for kind in deck.SLIDES],
        }
    )
    edited = st.data_editor(
        frame,
        hide_index=True,
        width="stretch",
        disabled=["slide"],
        key="readout-slides",
        height=(len(frame) + 1) * 35 + 3,
        column_config={
            "shown": st.column_config.CheckboxColumn(say("readout_page.shown"), width="small"),
            "order": st.column_config.NumberColumn(
                say("readout_page.order"),
                help=say("readout_page.order_help"),
                min_value=0,
                step=0.5,
                format="%g",
                width="small",
            ),
            "slide": say("readout_page.slide"),
        },
    )
    keys = edited.assign(key=list(deck.BY_KEY)).sort_values("order", kind="stable")
    remember(CHOSEN, tuple(keys.loc[keys["shown"], "key"]))


def files(session: Session, read: Reading) -> None:
    """Offer every file of the read-out, made at the click."""
    writing.heading(say("readout_page.files"), say("readout_page.files_about"))
    look, snapshot, picked = _brand(session), session.snapshot, chosen()
    if not picked:
        writing.show_quiet(say("readout_page.no_slide"))
        return
    for kind in readouts.FILES:
        downloads.download(
            say(f"readout_page.file_{kind.key}"),
            lambda kind=kind: kind.make(read, look, snapshot, picked),
            readouts.file_name(read, kind.key),
            MIME[kind.extension],
            key=f"file-{kind.key}",
            icon=":material/download:",
            width="stretch",
            type="primary" if kind.key == "deck" else "secondary",
        )


def _brand(session: Session) -> Brand:
    try:
        return readouts.brand(session.workspace)
    except AttuneError as refused:
        st.warning(writing.sentence(refused))
        return Brand()


def brand(session: Session) -> None:
    """Let a consultant set colours, font, footer, logo, locale and template."""
    if not may_issue(session):
        return
    look = _brand(session)
    with st.expander(say("readout_page.brand")), st.form("brand"):
        left, right = st.columns(2)
        accent = left.color_picker(say("readout_page.accent"), look.accent)
        ink = right.color_picker(say("readout_page.ink"), look.ink)
        font = left.text_input(
            say("readout_page.font"), look.font, help=say("readout_page.font_help")
        )
        tags = list(LOCALES)
        locale = right.selectbox(
            say("readout_page.locale"),
            tags,
            index=tags.index(look.locale),
            help=say("readout_page.locale_help"),
        )
        footer = st.text_input(say("readout_page.footer"), look.footer)
        logo = file_field(say("readout_page.logo"), ["png", "jpg", "jpeg"], Role.CONSULTANT)
        template = file_field(
            say("readout_page.template"),
            ["pptx"],
            Role.CONSULTANT,
            help=say("readout_page.template_help"),
        )
        drop = st.checkbox(say("readout_page.drop_files")) if look.logo or look.template else False
        if st.form_submit_button(say("readout_page.save_brand"), icon=":material/save:"):
            old = ("", "") if drop else (look.logo, look.template)
            writes.attempt(
                lambda: readouts.save_brand(
                    session.workspace,
                    session.client.revision,
                    Brand(
                        accent,
                        ink,
                        look.quiet,
                        font.strip() or look.font,
                        footer.strip(),
                        logo.getvalue() if logo else old[0] or b"",
                        template.getvalue() if template else old[1] or b"",
                        locale,
                    ),
                )
            )


def history(session: Session) -> None:
    """List what was handed out, each file byte for byte."""
    past = readouts.history(session.workspace)
    writing.heading(say("readout_page.history"), say("readout_page.history_about"))
    if not past:
        writing.show_quiet(say("readout_page.history_none"))
        return
    for one in reversed(past):
        with st.container(border=True):
            st.markdown(f"**{one.name}**")
            writing.show_quiet(
                say("readout_page.history_line", author=one.author, checksum=one.checksum[:12])
            )
            with st.container(horizontal=True):
                for kind in readouts.FILES:
                    downloads.download(
                        say(f"readout_page.kind_{kind.key}"),
                        lambda identifier=one.files[kind.key]: session.workspace.issued_report(
                            identifier
                        ),
                        f"{session.client.name}-{kind.key}-issue-{one.number}.{kind.extension}",
                        MIME[kind.extension],
                        key=f"issued-{one.number}-{kind.key}",
                        type="tertiary",
                    )


__all__ = [
    "brand",
    "files",
    "history",
    "may_issue",
    "open_reading",
    "show_state",
    "slides",
    "write_day",
]
