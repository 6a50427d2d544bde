"""What the Methods page shows, printed from the declarations that the code itself uses."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import streamlit as st

from metrics.assumptions import ASSUMPTIONS, Assumptions
from metrics.functions import BY_KEY
from metrics.maturity import load_model
from metrics.model import Kpi
from metrics.units import UnitKind
from ui.door import tables
from ui.look import writing
from ui.methods import formulas
from words import say

DOCUMENTS = Path(__file__).parents[2] / "docs" / "methods"


def _matches(search: str, *texts: str) -> bool:
    return search.lower() in " ".join(texts).lower()


def indicators(search: str) -> int:
    """Show every KPI and statistic that matches; return how many."""
    shown = 0
    writing.heading(say("page.methods.kpis"))
    for function in BY_KEY.values():
        kpis = [k for k in function.kpis if _matches(search, k.title, k.help, function.title)]
        statistics = [s for s in function.statistics if _matches(search, s.title, s.help)]
        if not kpis and not statistics:
            continue
        shown += len(kpis) + len(statistics)
        with st.expander(
            f"{function.title} · {len(kpis) + len(statistics)}", expanded=bool(search)
        ):
            for kpi in kpis:
                _kpi(kpi)
            for one in statistics:
                st.markdown(f"**{one.title}**")
                writing.show_quiet(
                    f"{one.help} {say('page.methods.source', source=one.source)} "
                    f"{say('page.methods.pitfall', pitfall=one.pitfall)}"
                )
    return shown


def _kpi(kpi: Kpi) -> None:
    st.markdown(f"**{kpi.title}**")
    st.latex(formulas.indicator(kpi))
    driver = say("page.methods.driver", driver=kpi.driver.replace("_", " ")) if kpi.driver else ""
    nature = say(
        "methods.nature",
        better=say(f"methods.{kpi.better}"),
        timing=kpi.timing,
        boundary=kpi.boundary,
        constituency=kpi.constituency,
    )
    writing.show_quiet(
        " ".join(
            filter(
                None,
                (
                    kpi.help,
                    nature,
                    driver,
                    say("page.methods.pitfall", pitfall=kpi.pitfall),
                    say("page.methods.source", source=kpi.source.rstrip(".")),
                ),
            )
        )
    )


def assumptions(search: str, values: Assumptions) -> int:
    """Show the assumptions in force; return how many match."""
    rows = [
        {
            "assumption": a.title,
            "default": _write_default(a.unit, values[a.key]),
            "range": f"{_write_default(a.unit, a.low)} – {_write_default(a.unit, a.high)}",
            "source": a.source,
        }
        for a in ASSUMPTIONS
        if _matches(search, a.title, a.help, a.source)
    ]
    if rows:
        writing.heading(say("page.methods.assumptions"), say("page.methods.assumptions_about"))
        frame = pd.DataFrame(rows)
        columns = {c: say(f"table.{c}") for c in frame} | {"source": say("table.sources")}
        tables.table(frame, "Attune assumptions", columns)
    return len(rows)


def _write_default(unit, value: float) -> str:
    return f"{value:,.0f}" if unit.kind in (UnitKind.COUNT, UnitKind.RATE) else unit.write(value)


def documents(search: str) -> int:
    """Show how things are computed, from the documents kept beside the code; return how many."""
    chosen = {
        path: text
        for path in sorted(DOCUMENTS.glob("*.md"))
        if _matches(search, text := path.read_text(encoding="utf-8"))
    }
    if chosen:
        writing.heading(say("page.methods.documents"))
    for text in chosen.values():
        title, _, body = text.partition("\n")
        with st.expander(title.lstrip("# ")):
            st.markdown(body)
    return len(chosen)


def maturity(search: str) -> int:
    """Show the maturity model: dimensions, levels, questions; return how many match."""
    model = load_model()
    chosen = [
        d
        for d in model.dimensions
        if _matches(search, d.key, d.title, *d.anchors, *(q.text for q in d.questions))
    ]
    if not chosen:
        return 0
    writing.heading(
        say("page.methods.maturity"),
        say(
            "page.methods.maturity_about",
            version=model.version,
            dimensions=len(model.dimensions),
            questions=sum(len(d.questions) for d in model.dimensions),
        ),
    )
    for dimension in chosen:
        with st.expander(f"{dimension.key} · {dimension.title}"):
            for level, anchor in zip(model.levels, dimension.anchors, strict=True):
                st.markdown(f"**{level.number} {level.name}** {anchor}")
            for question in dimension.questions:
                writing.show_quiet(f"{question.id}: {question.text}")
    return len(chosen)
