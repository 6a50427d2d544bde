"""Colours, type and chart style: one set of tokens for pages, charts and tiles.

Amber, neutral and good are for marks only; text in them uses the darker ``*_text`` variants,
which reach 4.5 : 1 on paper and panel. ``.streamlit/config.toml`` repeats paper, panel, ink,
line and accent because Streamlit reads them before any code runs; a test keeps them equal.
"""

from __future__ import annotations

from pathlib import Path

import altair as alt
import streamlit as st

from readout.palette import DARK, LIGHT, Tokens

ICON = str(Path(__file__).parent / "icon.svg")
"""Our own mark: an icon of the font's service would be fetched from outside."""


def tokens() -> Tokens:
    """Return the tokens of the appearance the reader has chosen."""
    return DARK if st.context.theme.type == "dark" else LIGHT


def chart_style(colours: Tokens) -> alt.theme.ThemeConfig:
    """Return the chart configuration: horizontal grid only, quiet axes, no frame."""
    font = "Source Sans, Source Sans Pro, sans-serif"
    return {
        "config": {
            "background": "transparent",
            "font": font,
            "view": {"stroke": None},
            "axis": {
                "labelColor": colours.quiet,
                "titleColor": colours.quiet,
                "labelFontSize": 12,
                "titleFontSize": 12,
                "titleFontWeight": "normal",
                "domain": False,
                "ticks": False,
                "labelPadding": 6,
            },
            "axisX": {"grid": False, "domain": True, "domainColor": colours.line},
            "axisY": {"grid": True, "gridColor": colours.line, "gridDash": [1, 0]},
            "text": {"color": colours.ink, "fontSize": 12, "font": font},
            "title": {
                "color": colours.ink,
                "anchor": "start",
                "fontSize": 14,
                "fontWeight": 600,
                "subtitleColor": colours.quiet,
                "subtitleFontSize": 12,
                "offset": 12,
            },
            "legend": {"disable": True},
        }
    }


STYLE = """
<style>
.block-container {{ max-width: 1120px; padding-top: 3.2rem; padding-bottom: 4rem; }}
.attune-verdict {{ font-size: 1.45rem; line-height: 1.3; font-weight: 600; margin: 0 0 .35rem;
  max-width: 46rem; text-wrap: pretty; }}
[data-testid^="stBaseButton-primary"] p {{ color: {paper}; }}
abbr[title] {{ text-decoration: underline dotted {neutral}; text-underline-offset: 3px;
  cursor: help; }}
.attune-quiet {{ color: {quiet}; font-size: .875rem; line-height: 1.45; margin: 0;
  max-width: 46rem; }}
.attune-tiles {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(210px, 1fr));
  gap: 12px; margin: 12px 0 8px; }}
.attune-tile {{ border: 1px solid {line}; border-radius: 6px; padding: 14px 16px 12px;
  background: {paper}; display: flex; flex-direction: column; gap: 2px; min-width: 0; }}
.attune-tile h3 {{ font-size: .875rem; font-weight: 400; color: {quiet}; margin: 0; padding: 0; }}
.attune-tile .figure {{ font-size: 1.6rem; font-weight: 600; line-height: 1.25;
  font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }}
.attune-tile .figure.words {{ font-size: 1.15rem; line-height: 1.5; }}
.attune-tile p {{ margin: 0; font-size: .8125rem; line-height: 1.4; color: {quiet}; }}
.attune-tile .better {{ color: {good_text}; }}
.attune-tile .worse {{ color: {bad_text}; }}
.attune-tile .warn {{ color: {target_text}; }}
.attune-tile details {{ margin-top: auto; padding-top: 6px; font-size: .8125rem; }}
.attune-tile summary {{ cursor: pointer; color: {accent}; }}
[data-testid="stPageLink"] a:focus-visible, .attune-tile summary:focus-visible {{
  outline: 2px solid {accent}; outline-offset: 2px; }}
.attune-menu {{ font-size: .8125rem; color: {quiet}; margin: 0 0 2px; padding-left: .5rem; }}
[data-testid="stSidebar"] [data-testid="stPageLink"] a {{ padding-top: 3px; padding-bottom: 3px; }}
.attune-tiles:has(> :only-child) {{ grid-template-columns: 1fr !important; }}
.attune-cards {{ display: grid; gap: 12px;
  grid-template-columns: repeat(auto-fit, minmax(280px, 1fr)); }}
.attune-card-title.attune-card-title {{ font-size: 1rem; font-weight: 600; color: {ink}; }}
.attune-list h4 {{ font-size: .875rem; font-weight: 600; margin: 4px 0 0; padding: 0; }}
.attune-list ul, .attune-steps ul {{ margin: 2px 0 6px; padding-left: 1.1rem; font-size: .875rem; }}
.attune-steps details {{ border-top: 1px solid {line}; padding: 8px 0; }}
.attune-steps summary {{ cursor: pointer; font-weight: 600; color: {accent}; }}
.attune-steps summary:focus-visible {{ outline: 2px solid {accent}; outline-offset: 2px; }}
.attune-steps p {{ margin: 4px 0; font-size: .875rem; }}
.attune-band {{ display: flex; height: 10px; border-radius: 3px; overflow: hidden;
  margin: 6px 0 4px; border: 1px solid {line}; }}
.attune-check {{ display: grid; grid-template-columns: 5rem 1fr; gap: 0 12px; padding: 8px 0;
  border-top: 1px solid {line}; max-width: 54rem; }}
.attune-check p {{ max-width: none; }}
.attune-evidence {{ overflow: auto; max-height: 22rem; margin: 6px 0; }}
.attune-evidence table {{ border-collapse: collapse; font-size: .8125rem; width: 100%;
  font-variant-numeric: tabular-nums; }}
.attune-evidence th, .attune-evidence td {{ text-align: left; padding: 4px 10px 4px 0;
  border-bottom: 1px solid {line}; vertical-align: top; font-weight: 400; }}
.attune-evidence thead th {{ color: {quiet}; }}
.attune-matrix.attune-matrix td {{ padding: 6px 10px; text-align: center; }}
[class*="st-key-narrow-"] {{ display: none; }}
.st-key-small-multiples {{ row-gap: 4px; }}
@media (min-width: 1200px) {{
  /* The business case has most to say. */
  .attune-headlines {{ grid-template-columns: 1fr 1fr 1.45fr 1.1fr; }}
}}
@media (max-width: 640px) {{
  [class*="st-key-narrow-"] {{ display: flex; }}
  [class*="st-key-wide-"] {{ display: none; }}
  .st-key-narrow-findings .attune-tiles {{ grid-template-columns: 1fr; }}
  .block-container {{ padding-left: 1rem; padding-right: 1rem; padding-top: 3.5rem; }}
  .attune-tiles {{ grid-template-columns: 1fr 1fr; gap: 8px; }}
  .attune-tile {{ padding: 10px; }}
  .attune-tile .figure {{ font-size: 1.25rem; }}
  .attune-verdict {{ font-size: 1.2rem; }}
}}
</style>
"""


def apply() -> None:
    """Put the page style in place and make charts follow the reader's appearance."""
    colours = tokens()
    st.html(STYLE.format(**{k: v for k, v in vars(colours).items() if isinstance(v, str)}))


# Once for the process, which serves readers of both appearances at the same time: a chart asks
# for the appearance of the reader it is drawn for.
alt.theme.register("attune", enable=True)(lambda: chart_style(tokens()))
