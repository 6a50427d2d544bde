"""The formulas behind the figures, as they are set in mathematics."""

from __future__ import annotations

import streamlit as st

from metrics.model import Kpi
from ui.look import writing
from words import say

FORMULAS: tuple[tuple[str, str], ...] = (
    (
        "indicator",
        r"\text{KPI} = s\,\frac{\sum_{\text{teams, months}} \text{numerator}}"
        r"{\sum_{\text{teams, months}} \text{denominator}}",
    ),
    ("saving", r"S = C_0\,\frac{D_1}{D_0} - C_1"),
    (
        "split",
        r"\underbrace{\sum (p_1-p_0)\,q_1}_{\text{rate}}"
        r" + \underbrace{(Q_1-Q_0)\sum s\,p_0}_{\text{volume}}"
        r" + \underbrace{\sum p_0\,(q_1 - Q_1 s)}_{\text{mix}}",
    ),
    ("effect", r"\hat\tau = \frac{1}{|T|}\sum_{t \in T}\left(y_t - \hat y_t^{\,0}\right)"),
    (
        "maturity",
        r"M_f = \min\left(\frac{\sum_d w_d\, m_{fd}}{\sum_d w_d},"
        r"\; \min_{d\ \text{critical}} m_{fd} + 1\right)",
    ),
    ("agreement", r"\alpha = 1 - \frac{D_{\text{observed}}}{D_{\text{expected}}}"),
    ("promoters", r"\text{NPS} = 100\,\frac{\text{promoters} - \text{detractors}}{n}"),
    ("present_value", r"\text{NPV} = \sum_{t=0}^{H} \frac{b_t - c_t}{(1+r)^{t/12}}"),
    ("counted", r"b_t = \sum_i w_{g(i)}\; a_{it}\; \mathbb{E}[f_i]"),
    ("return", r"\text{ROI} = \frac{\text{NPV}}{\sum_t c_t\,(1+r)^{-t/12}}"),
    (
        "scaled_error",
        r"\text{MASE} = \frac{\frac1h\sum_{t=n+1}^{n+h} |y_t - \hat y_t|}"
        r"{\frac{1}{n-m}\sum_{t=m+1}^{n} |y_t - y_{t-m}|}",
    ),
)
"""Key of ``words/en/formula.toml`` and the formula; the code that computes it is named there."""


def show(search: str) -> int:
    """Show the formulas that match and what their letters mean; return how many."""
    wanted = search.lower()
    chosen = [
        (key, formula)
        for key, formula in FORMULAS
        if wanted in say(f"formula.{key}.title").lower()
        or wanted in say(f"formula.{key}.letters").lower()
    ]
    if not chosen:
        return 0
    writing.heading(say("formula.heading"), say("formula.about"))
    with st.expander(say("formula.count", n=len(chosen)), expanded=bool(search)):
        for key, formula in chosen:
            st.markdown(f"**{say(f'formula.{key}.title')}**")
            st.latex(formula)
            writing.show_quiet(say(f"formula.{key}.letters"))
    return len(chosen)


def indicator(kpi: Kpi) -> str:
    """Return an indicator's definition as a fraction."""

    def side(terms: tuple[str, ...]) -> str:
        said = ""
        for term in terms:
            sign = "-" if term.startswith("-") else "+" if said else ""
            said += rf" {sign} \text{{{term.lstrip('-').replace('_', ' ')}}}"
        return said.strip()

    factor = "" if kpi.scale == 1 else rf" \times {kpi.scale:,.0f}".replace(",", r"\,")
    return rf"\frac{{{side(kpi.numerator)}}}{{{side(kpi.denominator)}}}{factor}"
