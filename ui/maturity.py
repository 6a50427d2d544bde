"""What the Maturity page shows of the whole company; ``ui.why`` takes one function apart."""

from __future__ import annotations

import html
import json
from functools import partial

import pandas as pd
import streamlit as st

from metrics.assessment import MaturityPart
from metrics.functions import BY_KEY
from metrics.functions import title as function_title
from metrics.maturity import MaturityModel, load_model
from metrics.maturity.raters import RELIABLE, TENTATIVE
from metrics.units import COUNT, SHARE
from ui import charts, maturity_charts, parts
from ui.overview import short_title
from ui.theme import tokens
from words import knows, say

escaped = partial(html.escape, quote=False)
WORKS = 3
"""The level from which a function is said to work as a social business."""
FIRST_MOVES = 3
MOODS = {
    "fail": "worse",
    "warn": "warn",
    "contradicts": "worse",
    "pass": "better",
    "supports": "better",
}
ORDER = ("fail", "warn", "pass")


def level_names(model: MaturityModel) -> dict[int, str]:
    """Return level number → name."""
    return {level.number: level.name for level in model.levels}


def level_number(value: float) -> int:
    """Return the level a score stands on; a hair of rounding error is forgiven."""
    return min(5, max(1, int(value + 1e-9)))


def written(
    value: float, low: float, high: float, n: int, names: dict[int, str]
) -> str:  # fmt: skip
    """Write a score as a person may read it: level words, interval and raters."""
    if pd.isna(value):
        return say("maturity.unknown")
    number = level_number(value)
    facts = {"level": number, "name": names[number], "value": f"{value:.1f}", "n": n}
    if pd.isna(low):
        return say("maturity.score_point", **facts)
    return say("maturity.score", **facts, low=f"{low:.1f}", high=f"{high:.1f}")


def title(function: str) -> str:
    """Return the title of a function, or what else answered."""
    return function_title(function) if function in BY_KEY else function.replace("_", " ")


def reason(code: str | None) -> str:
    """Return why something is not scored; the items behind a colon are filled in."""
    name, _, items = (code or "").partition(": ")
    return say(f"maturity.reason.{name}", what=items) if name else ""


def chance(probability: float) -> str:
    """Write a simulated probability: no number of draws can show 0 or 100 %."""
    if probability > 0.99:
        return "> 99 %"
    return "< 1 %" if probability < 0.01 else SHARE.write(round(probability, 2))


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
    works = int((part.functions["level"] >= WORKS).sum())
    reach = say("maturity.verdict_reach", works=works, scope=scope, goal=WORKS, name=names[WORKS])
    if company["reason"]:
        first = say("maturity.verdict_refused", reason=reason(company["reason"]))
    else:
        level = int(company["level"])
        first = say("maturity.verdict_company", level=level, name=names[level])
    support = []
    if not company["reason"]:
        support.append(say(
            "maturity.support_chance", chance=chance(company["levels"][str(company["level"])]),
            assessed=company["functions"], scope=scope, wave=part.wave, version=part.model_version,
        ))  # fmt: skip
    against = contradicted(part)
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


def contradicted(part: MaturityPart) -> pd.DataFrame:
    """Return the claims the data contradict: function, dimension, claim, lowest cap."""
    found = part.contradictions[part.contradictions["verdict"] == "contradicts"]
    keys = ["function", "dimension", "claim"]
    return found.groupby(keys, as_index=False)["supported_level"].min()


def agreement_word(alpha: float) -> str:
    """Return the customary reading of Krippendorff's alpha."""
    code = "reliable" if alpha >= RELIABLE else "tentative" if alpha >= TENTATIVE else "low"
    return say(f"maturity.agreement_{code}")


def heatmap(part: MaturityPart, scope: tuple[str, ...]) -> None:
    """Show function × dimension; functions in scope without answers are hatched."""
    model = load_model()
    names = level_names(model)
    whole = pd.MultiIndex.from_product([scope, [d.key for d in model.dimensions]],
                                       names=["function", "dimension"])  # fmt: skip
    rows = part.dimensions.set_index(["function", "dimension"]).reindex(whole).reset_index()
    cells = rows.assign(
        row=[title(f) for f in rows["function"]],
        column=[short_title(model.dimension(d).title) for d in rows["dimension"]],
        level=[float(level_number(v)) if pd.notna(v) else v for v in rows["published"]],
        mark=["▲" if c < s else "" for c, s in zip(rows["cap"], rows["capability"], strict=True)],
        said=[
            written(r.published, r.low, r.high, int(r.n_raters) if r.n_raters > 0 else 0, names)
            for r in rows.itertuples()
        ],
    )  # fmt: skip
    parts.heading(say("maturity.heatmap"), say("maturity.heatmap_about"))
    words = "; ".join(f"{r.row}, {r.column}: {r.said}" for r in cells.itertuples())
    st.altair_chart(charts.heatmap(cells, names, tokens(), description=words))
    legend = (say("maturity.legend", number=n, name=name) for n, name in names.items())
    parts.quiet(" · ".join(legend))


def levels(part: MaturityPart) -> None:
    """Show how probable each level is, function by function and for the company."""
    parts.heading(say("maturity.levels"), say("maturity.levels_about"))
    names = level_names(load_model())
    rows = part.levels.assign(label=[title(f) for f in part.levels["function"]])
    if not part.enterprise["reason"]:
        company = [(say("maturity.agreement_all"), int(k), p)
                   for k, p in part.enterprise["levels"].items()]  # fmt: skip
        whole = pd.DataFrame(company, columns=["label", "level", "probability"])
        rows = pd.concat([whole, rows[["label", "level", "probability"]]], ignore_index=True)
    best = rows.loc[rows.groupby("label", sort=False)["probability"].idxmax()]
    words = "; ".join(
        say("maturity.levels_words", function=r.label, said=say(
            "maturity.levels_most", level=r.level, name=names[r.level], chance=chance(r.probability)
        )) for r in best.itertuples()
    )  # fmt: skip
    st.altair_chart(maturity_charts.level_bars(rows, names, tokens(), description=words))


def views(part: MaturityPart) -> None:
    """Show people, process and technology, and which of them is behind."""
    parts.heading(say("maturity.views"), say("maturity.views_about"))
    model = load_model()
    names = level_names(model)
    whole = part.views[part.views["function"] == "all"].dropna(subset="value")
    said = {
        r.view: say("maturity.view_said", level=level_number(r.value),
                    name=names[level_number(r.value)])
        for r in whole.itertuples()
    }  # fmt: skip
    cards([
        (say(f"maturity.view_{view}"), "", words[0].upper() + words[1:],
         [", ".join(model.dimension(d).title for d in model.views[view])])
        for view, words in said.items()
    ])  # fmt: skip
    if len(whole):
        weakest = whole.loc[whole["value"].idxmin(), "view"]
        parts.quiet(say("maturity.views_weakest", view=say(f"maturity.view_{weakest}").lower(),
                        said=said[weakest]))  # fmt: skip


def agreement(part: MaturityPart) -> None:
    """Show whether the raters agree, in words with alpha and interval."""
    parts.heading(say("maturity.agreement"), say("maturity.agreement_about"))
    rows = part.agreement[part.agreement["scope"].isin(["overall", "function"])]
    shown = []
    for r in rows.itertuples():
        name = say("maturity.agreement_all") if r.scope == "overall" else title(r.key)
        if pd.isna(r.alpha):
            shown.append((say("tile.cannot_tell"), "", name, [reason(r.reason)]))
            continue
        line = say("maturity.agreement_line", alpha=f"{r.alpha:.2f}", low=f"{r.low:.2f}",
                   high=f"{r.high:.2f}", raters=r.raters, units=r.units)  # fmt: skip
        mood = "worse" if r.alpha < TENTATIVE else ""
        shown.append((agreement_word(r.alpha), mood, name, [line]))
    cards(shown)


def changes(part: MaturityPart) -> None:
    """Show the change of each dimension between waves, and how many are not shown."""
    parts.heading(
        say("maturity.changes", wave=part.earlier_wave or "–"), say("maturity.changes_about")
    )
    if part.changes.empty:
        parts.quiet(say("maturity.changes_none"))
        return
    model = load_model()
    count = part.changes["verdict"].value_counts()
    st.write(say(
        "maturity.changes_count", all=len(part.changes), improved=count.get("improved", 0),
        fell=count.get("fell", 0), unshown=count.get("not shown", 0),
    ))  # fmt: skip
    rows = part.changes.assign(
        function=[title(f) for f in part.changes["function"]],
        dimension=[model.dimension(d).title for d in part.changes["dimension"]],
        change=[say(
            "maturity.changes_said", change=f"{r.change:+.1f}", low=f"{r.low:+.1f}",
            high=f"{r.high:+.1f}", n=r.raters,
            verdict=say("maturity.change_" + r.verdict.replace(" ", "_")),
        ).replace("-", "−") if r.raters > 1 else say("maturity.change_cannot_tell")
            for r in part.changes.itertuples()],
    )  # fmt: skip
    shown = rows[["function", "dimension", "change"]]
    columns = {
        "function": say("maturity.steps.function"),
        "dimension": say("maturity.steps.dimension"),
        "change": say("table.change"),
    }
    parts.table(shown, "Attune maturity change", columns, height=320)


def contradictions(part: MaturityPart) -> None:
    """Show each contradicted claim with its numbers; the whole rule table below."""
    parts.heading(say("maturity.contradictions"), say("maturity.contradictions_about"))
    model = load_model()
    names, table = level_names(model), part.contradictions
    shown = []
    for one in contradicted(part).itertuples():
        mine = table[(table["verdict"] == "contradicts") & (table["function"] == one.function)
                     & (table["dimension"] == one.dimension)]  # fmt: skip
        claimed = level_number(one.claim)
        lines = [say("maturity.contradiction_claim", claimed=claimed, claimed_name=names[claimed])]
        lines += [measured(r.rule, r.value, r.threshold) for r in mine.itertuples()]
        cap = int(one.supported_level)
        lines.append(say("maturity.contradiction_task", cap=cap, cap_name=names[cap]))
        heading = say("maturity.contradiction_title", function=title(one.function),
                      dimension=model.dimension(one.dimension).title)  # fmt: skip
        shown.append((say("maturity.rule_contradicts"), "worse", heading, lines))
    if shown:
        cards(shown)
    else:
        parts.quiet(say("maturity.contradictions_none"))
    count = table["verdict"].value_counts()
    parts.quiet(say(
        "maturity.contradictions_unchecked", supports=count.get("supports", 0),
        neutral=count.get("neutral", 0), missing=count.get("no data", 0),
    ))  # fmt: skip
    with st.expander(say("maturity.contradictions_all")):
        rows = pd.DataFrame({
            "function": [title(f) for f in table["function"]],
            "measure": [say(f"maturity.rule.{r}", value=SHARE.write(v))
                        for r, v in zip(table["rule"], table["value"], strict=True)],
            "range": [SHARE.write(t) for t in table["threshold"]],
            "verdict": [say("maturity.rule_" + v.replace(" ", "_")) for v in table["verdict"]],
        })  # fmt: skip
        parts.table(rows, "Attune contradictions", {c: say(f"table.{c}") for c in rows})


def measured(rule: str, value: float, threshold: float) -> str:
    """Say what a rule measured and where its bound is."""
    said = say(f"maturity.rule.{rule}", value=SHARE.write(value))
    return say("maturity.why_measured", measured=said, threshold=SHARE.write(threshold))


def gates(part: MaturityPart) -> None:
    """Show what each gate found and advises; those without data say what to record."""
    table = part.gates
    count = table["verdict"].value_counts()
    parts.heading(say("maturity.gates.title"), say("maturity.gates.about"))
    parts.quiet(say(
        "maturity.gates.count", fail=count.get("fail", 0), warn=count.get("warn", 0),
        passed=count.get("pass", 0), missing=count.get("no data", 0),
    ))  # fmt: skip
    judged = table[table["verdict"].isin(ORDER)].sort_values(
        "verdict", key=lambda column: column.map(ORDER.index), kind="stable"
    )
    cards([
        (say(f"maturity.gates.{r.verdict}"), MOODS.get(r.verdict, ""),
         say(f"maturity.gate.{r.gate}"), [_found(r.gate, json.loads(r.facts)), _advice(r.advice)])
        for r in judged.itertuples()
    ])  # fmt: skip
    silent = table[table["verdict"] == "no data"]
    if len(silent):
        with st.expander(f"{say('maturity.gates.none')} ({len(silent)})"):
            for r in silent.itertuples():
                missing = json.loads(r.facts).get("missing", [])
                names = ", ".join(say(f"maturity.input.{name}") for name in missing)
                why = say(f"maturity.gates.{'missing' if missing else 'silent'}", names=names)
                heading = say("maturity.gates.without", gate=say(f"maturity.gate.{r.gate}"))
                st.markdown(f"{heading} {why} {_advice(r.advice)}")


def _advice(code: str) -> str:
    return say(f"maturity.advice.{code}") if code else ""


SHARES = ("share", "probability", "prior", "relevance_of_loudest", "reach_month_six")
LEVELS = "largest"


def _found(gate: str, facts: dict) -> str:
    """Say what a gate found, its numbers written."""
    said = {key: _fact(key, value) for key, value in facts.items()}
    if "share" not in facts and knows(f"maturity.gate_found.{gate}_none"):
        return say(f"maturity.gate_found.{gate}_none")
    return say(f"maturity.gate_found.{gate}", **said)


def _fact(key: str, value: object) -> object:
    if key == "function":
        return title(str(value))
    if not isinstance(value, float):
        return value
    if key.endswith(SHARES):
        return chance(value) if key == "probability" else SHARE.write(value)
    return f"{value:.1f}" if key == LEVELS else COUNT.write(value)


def next_steps(part: MaturityPart) -> None:
    """Show the first moves as cards and the whole roadmap as a table."""
    parts.heading(say("maturity.steps.title"), say("maturity.steps.about"))
    if part.next_steps.empty:
        parts.quiet(say("maturity.steps.none"))
        return
    model = load_model()
    names = level_names(model)
    rows = [
        {
            "rank": r.rank, "function": title(r.function),
            "dimension": model.dimension(r.dimension).title,
            "what": model.question(r.question).text,
            "counts": model.question(r.question).criteria[0],
            "now": say("maturity.level", level=int(r.attained), name=names[int(r.attained)]),
            "target": say("maturity.level", level=int(r.target), name=names[int(r.target)]),
            "gain": say("maturity.steps.gain_levels", gain=f"{r.gain:.2f}"),
            "effort": _effort(r.effort),
            "effect": say("maturity.steps.effect_said", effect=f"{r.effect:+.1%}",
                          low=f"{r.effect_low:+.1%}", high=f"{r.effect_high:+.1%}")
            .replace("%", " %").replace("-", "−"),
            "basis": say("maturity.steps." + r.basis.replace(" ", "_")),
        }
        for r in part.next_steps.itertuples()
    ]  # fmt: skip
    cards([
        (f"{r['rank']} · {r['function']}", "", r["dimension"],
         [r["what"], say("maturity.steps.card_counts", criterion=r["counts"]),
          say("maturity.steps.card_about", **r)])
        for r in rows[:FIRST_MOVES]
    ])  # fmt: skip
    with st.expander(say("maturity.steps.all", n=len(rows))):
        columns = {c: say(f"maturity.steps.{c}") for c in rows[0]}
        parts.table(pd.DataFrame(rows), "Attune next steps", columns, height=320)
    own = (part.next_steps["basis"] == "own effect").all()
    parts.quiet(say("maturity.steps.basis_own" if own else "maturity.steps.basis_prior"))


def _effort(months: float) -> str:
    one = round(months) == 1
    return say(f"maturity.steps.effort_{'month' if one else 'months'}", months=COUNT.write(months))


def findings(part: MaturityPart) -> None:
    """Show what was odd about the answers."""
    if not part.findings:
        return
    parts.heading(say("maturity.finding.title"))
    for one in part.findings:
        facts = dict(one["facts"])
        facts["what"] = (
            facts.get("key") or f"{facts.get('function', '')} {facts.get('question', '')}"
        )
        if "function" in facts:
            facts["function"] = title(facts["function"])
        parts.quiet(say(f"maturity.finding.{one['code']}", **facts))
