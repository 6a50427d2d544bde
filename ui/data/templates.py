"""What can be uploaded: blank workbooks, what is recognised, the limits with their reasons."""

from __future__ import annotations

import streamlit as st

from ingest.limits import DEFAULTS, LIMITS
from ingest.sheets import template
from ingest.sheets.kinds import SHEETS
from ingest.sources import SOURCES as EXPORTS
from metrics.functions import BY_KEY, FUNCTIONS, MEASURES
from ui.door import downloads, session, tables
from ui.look import writing
from words import say


def show(current: session.Session) -> None:
    """Show what is recognised, the blank workbooks, and the limits with their reasons."""
    with st.expander(say("data.templates"), icon=":material/help:"):
        writing.show_quiet(say("data.templates_about"))
        left, right = st.columns([3, 2], vertical_alignment="bottom")
        key = left.selectbox(
            say("data.template_pick"), template.keys(), format_func=_template_title
        )
        profile = current.profile
        with right:
            downloads.download(
                say("data.template_get"),
                lambda: template.template(key, profile.currency, tuple(profile.teams)),
                f"{say('data.template_name', key=_template_title(key).split(':')[0])}.xlsx",
                tables.WORKBOOK,
                icon=":material/download:",
                width="stretch",
            )
        names = ", ".join(sorted({f"{s.system}: {s.title}" for s in EXPORTS if s.tallies}))
        writing.show_quiet(say("page.data.known_exports", names=names))
        st.write(say("page.data.known_sheets"))
        for name, fields in SHEETS.items():
            headings = ", ".join(
                f"**{f.aliases[0]}**" if f.required else f.aliases[0] for f in fields
            )
            st.markdown(f"{template.sheet_title(name)}: {headings}")
        some = ", ".join(MEASURES[f.cost].header for f in FUNCTIONS if f.cost)
        writing.show_quiet(say("page.data.known_measures", names=some))
        writing.show_quiet(say("page.data.known_mapping"))
        st.markdown(f"**{say('data.limits')}**")
        st.markdown(
            "\n".join(
                "- "
                + say(
                    "data.limit",
                    key=one.key.replace("_", " "),
                    value=DEFAULTS[one.key],
                    unit=one.unit,
                    why=one.why,
                )
                for one in LIMITS
            )
        )


def _template_title(key: str) -> str:
    return BY_KEY[key].title if key in BY_KEY else say("data.template_programme")
