"""The divide on the Maturity page: leader, own and follower paths, and maturity with results."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from metrics.frames.frame import iterate_rows
from metrics.functions import BY_KEY
from metrics.maturity.divide import HORIZON
from metrics.maturity.levels import level_number
from metrics.maturity.standing import StandingPart, benchmarks
from metrics.units import MATURITY, SHARE, write_chance
from ui.door import session, tables
from ui.look import writing
from ui.look.theme import tokens
from ui.maturity import charts
from ui.maturity.company import cards, title
from words import say


def show(current: session.Session) -> None:
    """Show the paths, the probability of each plan, and what maturity goes with."""
    part = current.report().standing
    paths(part)
    results(part)


def paths(part: StandingPart) -> None:
    """Show where the company will stand in two years against leader and follower."""
    writing.heading(say("divide.title", months=HORIZON), say("divide.about"))
    if part.reason:
        writing.show_quiet(say("maturity.changes_none"))
        return
    options = tuple(part.scenarios["scenario"])
    wanted = session.from_address("plan", options, options[0])
    chosen = (
        st.segmented_control(
            say("divide.plan"),
            options,
            default=wanted,
            required=True,
            key="plan",
            format_func=lambda s: say(f"divide.scenario_{s}"),
            label_visibility="collapsed",
        )
        or wanted
    )
    session.to_address(plan=chosen)
    row = part.scenarios.set_index("scenario").loc[chosen]
    st.write(
        say(
            "divide.said",
            months=HORIZON,
            threshold=f"{row['threshold']:.1f}",
            above=write_chance(row["above_threshold"]),
            widens=write_chance(row["gap_widens"]),
            now=f"{row['gap_now']:.1f}",
            then=f"{row['gap_then']:.1f}",
        )
    )
    mine = part.paths[part.paths["scenario"] == chosen]
    labels = {who: say(f"divide.{who}") for who in ("leader", "own", "follower")}
    last = mine[mine["month"] == HORIZON].set_index("who")
    words = "; ".join(
        say(
            "divide.words",
            who=labels[who],
            mean=f"{last.loc[who, 'mean']:.1f}",
            low=f"{last.loc[who, 'low']:.1f}",
            high=f"{last.loc[who, 'high']:.1f}",
        )
        for who in labels
    )
    st.altair_chart(
        charts.divide_paths(
            mine, part.waves, float(row["threshold"]), labels, tokens(), description=words
        )
    )
    writing.show_quiet(say("divide.key", months=HORIZON))
    cards(
        [
            (
                say("divide.chance", chance=write_chance(r.above_threshold)),
                "",
                say(f"divide.scenario_{r.scenario}"),
                [
                    say("divide.extra", extra=writing.minus(f"{r.extra_change:+.2f}")),
                    say("divide.gap", widens=write_chance(r.gap_widens), then=f"{r.gap_then:.1f}"),
                ],
            )
            for r in iterate_rows(part.scenarios)
        ]
    )
    _benchmark()


def _benchmark() -> None:
    found, used = benchmarks()["maturity"], benchmarks()["adoption"]
    writing.show_quiet(
        say(
            "divide.benchmark",
            source=found["source"],
            year=found["year"],
            n=f"{found['n']:,}",
            note=found["note"],
        )
    )
    figures = ", ".join(f"{y}: {SHARE.write(v)}" for y, v in used["figures"].items())
    writing.show_quiet(
        say(
            "divide.adoption",
            title=used["title"],
            figures=figures,
            source=used["source"],
            note=used["note"],
        )
    )


def results(part: StandingPart) -> None:
    """Show whether more mature functions have better results, with its interval."""
    writing.heading(say("divide.results"), say("divide.results_about"))
    found = part.results
    code = found["verdict"].replace(" ", "_")
    if found["verdict"] == "cannot tell":
        st.write(say("divide.results_cannot_tell", n=found["n"]))
    else:
        st.write(
            say(
                f"divide.results_{code}",
                correlation=_number(found["correlation"]),
                low=_number(found["low"]),
                high=_number(found["high"]),
                n=found["n"],
            )
        )
    if part.pairs.empty:
        return
    rows = part.pairs.sort_values("published", ascending=False)
    shown = pd.DataFrame(
        {
            "function": [title(f) for f in rows["function"]],
            "level": [
                say("divide.level", level=level_number(v), value=MATURITY.write(v))
                for v in rows["published"]
            ],
            "kpi": [BY_KEY[f].kpi(BY_KEY[f].headline).title for f in rows["function"]],
            "improvement": [
                f"{v:+.0%}".replace("%", " %").replace("-", "−") for v in rows["improvement"]
            ],
        }
    )
    tables.table(
        shown, "Attune maturity and results", {c: say(f"divide.column_{c}") for c in shown}
    )


def _number(value: float) -> str:
    return writing.minus(f"{value:.2f}")
