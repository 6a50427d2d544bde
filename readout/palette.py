"""The colours: one set for pages, charts, slides, workbook and documents.

Amber, neutral and good are for marks only; text in them uses the darker ``*_text`` variants,
which reach 4.5 : 1 on paper and panel.
"""

from __future__ import annotations

from dataclasses import dataclass

MATURITY_RAMP_LIGHT = ("#EFE6D2", "#D7D3B8", "#9DBFB4", "#4E94A0", "#0F5C6E")
MATURITY_RAMP_DARK = ("#3A3A31", "#55594A", "#5F8780", "#5FA9B5", "#A5DCE4")


@dataclass(frozen=True)
class Tokens:
    """Named colours of one appearance."""

    paper: str
    panel: str
    line: str
    ink: str
    quiet: str
    accent: str
    target: str
    target_text: str
    good: str
    good_text: str
    bad: str
    bad_text: str
    neutral: str
    ramp: tuple[str, ...]


LIGHT = Tokens(
    paper="#FBFAF7",
    panel="#F1EEE7",
    line="#DDD8CC",
    ink="#1C2529",
    quiet="#566266",
    accent="#0F5C6E",
    target="#C77D1E",
    target_text="#8A5210",
    good="#2F7D5B",
    good_text="#23664A",
    bad="#B4472F",
    bad_text="#9E3B25",
    neutral="#7A8B8F",
    ramp=MATURITY_RAMP_LIGHT,
)
DARK = Tokens(
    paper="#14191B",
    panel="#1D2427",
    line="#38433F",
    ink="#ECE9E1",
    quiet="#A9B3B3",
    accent="#5FB3C4",
    target="#E0A04A",
    target_text="#E8B56C",
    good="#6DBE97",
    good_text="#7FCBA6",
    bad="#E58A72",
    bad_text="#EE9C86",
    neutral="#8C9A9D",
    ramp=MATURITY_RAMP_DARK,
)
