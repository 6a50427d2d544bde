"""Where the whole company stands; ``ui.why`` takes one function apart."""

from __future__ import annotations

import html
from functools import partial

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY
from metrics.functions import title as function_title
from metrics.maturity import MaturityModel, load_model
from metrics.maturity.contradiction import RULE_UNITS, contradicted
from metrics.maturity.levels import WORKS, count_working, level_number
from metrics.maturity.part import MaturityPart
from metrics.maturity.raters import RELIABLE, TENTATIVE
from metrics.units import MATURITY, write_chance
from ui.look import charts, writing
from ui.look.charts import short_title
from ui.look.theme import tokens
from ui.maturity import charts as maturity_charts
from words import say

escaped = partial(html.escape, quote=False)


def level_names(model: MaturityModel) -> dict[int, str]:
    """Return level number → name."""
    return {level.number: level.name for level in model.levels}


def write_score(value: float, low: float, high: float, n: int, names: dict[int, str]) -> str:
    """Write a score as a person may read it: level words, interval and raters."""
    if pd.isna(value):
        return say("maturity.unknown")
    number = level_number(value)
    facts = {"level": number, "name": names[number], "value": MATURITY.write(value), "n": n}
    if pd.isna(low):
        return say("maturity.score_point", **facts)
    return say("maturity.score", **facts, low=MATURITY.write(low), high=MATURITY.write(high))


def title(function: str) -> str:
    """Return the title of a function, or what else answered."""
    return function_title(function) if function in BY_KEY else function.replace("_", " ")


def reason(code: str | None) -> str:
    """Return why something is not scored; the items behind a colon are filled in."""
    name, _, items = (code or "").partition(": ")
    return say(f"maturity.reason.{name}", what=items) if name else ""


def cards(rows: list[tuple[str, str, str, list[str]]]) -> None:
    """Show cards: a word with its mood, a title, and lines."""
    inside = "".join(
        '<section class="attune-tile">'
        + (f'<p class="{mood}">{escaped(word)}</p>' if word else "")
        + f'<h3 class="attune-card-title">{escaped(heading)}</h3>'
        + "".join(f"<p>{escaped(line)}</p>" for line in lines if line)
        + "</section>"
        for word, mood, heading, lines in rows
    )
    st.html(f'<div class="attune-cards">{inside}</div>')


def verdict(part: MaturityPart, scope: int) -> None:
    """Show the sentence to repeat in the lift, and why it may be believed."""
    names, company = level_names(load_model()), part.enterprise
    reach = say(
        "maturity.verdict_reach",
        works=count_working(part.functions),
        scope=scope,
        goal=WORKS,
        name=names[WORKS],
    )
    if company["reason"]:
        first = say("maturity.verdict_refused", reason=reason(company["reason"]))
    else:
        level = int(company["level"])
        first = say("maturity.verdict_company", level=level, name=names[level])
    support = []
    if not company["reason"]:
        support.append(
            say(
                "maturity.support_chance",
                chance=write_chance(company["levels"][str(company["level"])]),
                assessed=company["functions"],
                scope=scope,
                wave=part.wave,
            )
        )
    against = contradicted(part.contradictions)
    if len(against):
        support.append(say("maturity.support_contradicted", n=len(against)))
    overall = part.agreement[part.agreement["scope"] == "overall"]
    if len(overall) and pd.notna(overall["alpha"].iloc[0]):
        word = agreement_word(overall["alpha"].iloc[0])
        support.append(say("maturity.support_agree", word=word))
    st.html(
        f'<p class="attune-verdict" role="heading" aria-level="2">{escaped(f"{first} {reach}")}'
        f'</p><p class="attune-quiet">{escaped(" ".join(support))}</p>'
    )


def agreement_word(alpha: float) -> str:
    """Return the customary reading of Krippendorff's alpha."""
    code = "reliable" if alpha >= RELIABLE else "tentative" if alpha >= TENTATIVE else "low"
    return say(f"maturity.agreement_{code}")


def heatmap(part: MaturityPart, scope: tuple[str, ...]) -> None:
    """Show function × dimension; functions in scope without answers are hatched."""
    model = load_model()
    names = level_names(model)
    asked = set(part.dimensions["dimension"])
    whole = pd.MultiIndex.from_product(
        [scope, [d.key for d in model.dimensions if d.key in asked]],
        names=["function", "dimension"],
    )
    rows = part.dimensions.set_index(["function", "dimension"]).reindex(whole).reset_index()
    cells = rows.assign(
        row=[title(f) for f in rows["function"]],
        column=[short_title(model.dimension(d).title) for d in rows["dimension"]],
        level=[float(level_number(v)) if pd.notna(v) else v for v in rows["published"]],
        mark=["▲" if c < s else "" for c, s in zip(rows["cap"], rows["capability"], strict=True)],
        said=[
            write_score(r.published, r.low, r.high, int(r.n_raters) if r.n_raters > 0 else 0, names)
            for r in iterate_rows(rows)
        ],
    )
    writing.heading(say("maturity.heatmap"), say("maturity.heatmap_about"))
    words = "; ".join(f"{r.row}, {r.column}: {r.said}" for r in iterate_rows(cells))
    st.altair_chart(charts.heatmap(cells, names, tokens(), description=words))
    legend = (say("maturity.legend", number=n, name=name) for n, name in names.items())
    writing.show_quiet(" · ".join(legend))


def levels(part: MaturityPart) -> None:
    """Show how probable each level is, function by function and for the company."""
    writing.heading(say("maturity.levels"), say("maturity.levels_about"))
    names = level_names(load_model())
    rows = part.levels.assign(label=[title(f) for f in part.levels["function"]])
    if not part.enterprise["reason"]:
        company = [
            (say("maturity.agreement_all"), int(k), p) for k, p in part.enterprise["levels"].items()
        ]
        whole = pd.DataFrame(company, columns=["label", "level", "probability"])
        rows = pd.concat([whole, rows[["label", "level", "probability"]]], ignore_index=True)
    best = rows.loc[rows.groupby("label", sort=False)["probability"].idxmax()]
    words = "; ".join(
        say(
            "maturity.levels_words",
            function=r.label,
            said=say(
                "maturity.levels_most",
                level=r.level,
                name=names[r.level],
                chance=write_chance(r.probability),
            ),
        )
        for r in iterate_rows(best)
    )
    st.altair_chart(maturity_charts.level_bars(rows, names, tokens(), description=words))


def views(part: MaturityPart) -> None:
    """Show people, process and technology, and which of them is behind."""
    writing.heading(say("maturity.views"), say("maturity.views_about"))
    model = load_model()
    names = level_names(model)
    whole = part.views[part.views["function"] == "all"].dropna(subset="value")
    said = {
        r.view: say(
            "maturity.view_said", level=level_number(r.value), name=names[level_number(r.value)]
        )
        for r in iterate_rows(whole)
    }
    if len(whole) == len(model.views):
        rows = whole.assign(
            label=[say(f"maturity.view_{v}") for v in whole["view"]],
            said=[said[v] for v in whole["view"]],
        )
        words = "; ".join(f"{r.label}: {r.said}" for r in iterate_rows(rows))
        st.altair_chart(
            maturity_charts.triangle(rows, tokens(), description=words), width="content"
        )
    for view, words in said.items():
        made_of = ", ".join(model.dimension(d).title for d in model.views[view])
        writing.show_quiet(
            say(
                "maturity.view_line",
                view=say(f"maturity.view_{view}"),
                said=words,
                dimensions=made_of,
            )
        )
    if len(whole):
        weakest = whole.loc[whole["value"].idxmin(), "view"]
        writing.show_quiet(
            say(
                "maturity.views_weakest",
                view=say(f"maturity.view_{weakest}").lower(),
                said=said[weakest],
            )
        )


def measured_sentence(rule: str, value: float, threshold: float) -> str:
    """Say what a rule measured and where its bound is."""
    unit = RULE_UNITS[rule]
    said = say(f"maturity.rule.{rule}", value=unit.write(value))
    return say("maturity.why_measured", measured=said, threshold=unit.write(threshold))


def findings(part: MaturityPart) -> None:
    """Show what was odd about the answers."""
    if not part.findings:
        return
    writing.heading(say("maturity.finding.title"))
    for one in part.findings:
        facts = dict(one["facts"])
        facts["what"] = (
            facts.get("key") or f"{facts.get('function', '')} {facts.get('question', '')}"
        )
        if "function" in facts:
            facts["function"] = title(facts["function"])
        if "why" in facts:
            facts["said"] = say(f"model_changes.why_{facts['why']}")
        writing.show_quiet(say(f"maturity.finding.{one['code']}", **facts))
