"""Every sentence a person reads exists, is filled, and is used."""

from __future__ import annotations

import ast
import string
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

import pytest

from metrics.errors import AttuneError
from metrics.frames import FRAMES
from words import catalogue, knows, say

ROOT = Path(__file__).parents[1]
SPEAKERS = [
    path
    for place in ("ui", "pages", "readout", "loop", "commands", "*.py")
    for path in sorted(ROOT.glob(place if place.endswith(".py") else f"{place}/**/*.py"))
]
MAKERS = [
    path
    for folder in ("metrics", "ingest", "workspaces")
    for path in sorted((ROOT / folder).rglob("*.py"))
]


@lru_cache(1)
def nodes(path: Path) -> tuple[ast.AST, ...]:
    """Every node of the syntax tree of a file; the last file asked for is kept."""
    return tuple(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))


def calls(path: Path, *names: str) -> list[ast.Call]:
    """Calls of functions by name in a file."""
    return [
        node
        for node in nodes(path)
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", getattr(node.func, "attr", "")) in names
    ]


def fields(code: str) -> set[str]:
    """What a sentence needs."""
    return {
        name.split(".")[0].split("[")[0]
        for _, name, _, _ in string.Formatter().parse(catalogue()[code])
        if name
    }


def pattern(node: ast.expr) -> str | None:
    """The code of a call: text, or its constant start and end around what is filled in later."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "*" for p in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant):
        return f"{node.left.value}*"
    return None


def spoken(path: Path) -> list[tuple[str, ast.Call]]:
    return [
        (code, call)
        for call in calls(path, "say", "Line", "_say")
        if call.args and (code := pattern(call.args[0])) is not None
    ]


SAID = [
    pytest.param(code, call, id=f"{path.relative_to(ROOT)}:{call.lineno}")
    for path in [*SPEAKERS, *sorted((ROOT / "metrics" / "overview").glob("*.py"))]
    for code, call in spoken(path)
]


@pytest.mark.parametrize(("code", "call"), SAID)
def test_what_is_said_has_a_sentence_and_every_fact_it_needs(code, call) -> None:
    if "*" in code:
        assert any(fnmatchcase(known, code) for known in catalogue()), code
        return
    assert knows(code), code
    stated: set[str] = {k.arg for k in call.keywords if k.arg}
    open_ended = any(k.arg is None for k in call.keywords)
    if len(call.args) > 1:
        facts = call.args[1]
        if not isinstance(facts, ast.Dict):
            return
        stated |= {str(getattr(k, "value", "")) for k in facts.keys}
    if not open_ended:
        assert fields(code) <= stated, f"{code} lacks {fields(code) - stated}"


def test_the_scan_sees_the_product() -> None:
    """Guards the guard: a walk that finds nothing would pass everything."""
    assert len(SAID) > 150
    assert {"say", "Line"} <= {
        c.func.id for p in SAID for c in [p.values[1]] if hasattr(c.func, "id")
    }


def codes_of(raisers: tuple[str, ...]) -> set[str]:
    """First arguments of errors raised on purpose, anywhere in the product."""
    return {
        call.args[0].value
        for path in [*MAKERS, *SPEAKERS]
        for call in calls(path, *raisers)
        if call.args
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def test_every_refusal_has_its_sentence() -> None:
    raised = codes_of(("InvalidInput", "AttuneError", "StaleRevision"))
    assert len(raised) > 40
    assert not {code for code in raised if not knows(f"errors.{code}")}


def test_every_frame_and_reason_of_the_report_has_its_sentence(sample) -> None:
    assert all(knows(f"frame.{name}") for name in FRAMES if name in _uploaded())
    shown = sample.report
    reasons = {
        *shown["measures"].values["reason"],
        *shown["measures"].changes["reason"],
        *shown["savings"].savings["reason"],
        *shown["effects"].effects["reason"],
    } - {""}
    assert reasons, "the sample has months that are not over"
    assert not {r for r in reasons if not knows(f"reason.{r}")}


def _uploaded() -> set[str]:
    return {name for name, frame in FRAMES.items() if frame.key}


def test_reasons_the_code_gives_have_their_sentence() -> None:
    """Reasons written into rows by the files a page shows directly."""
    given = {
        value.value
        for name in (
            "measures/baseline.py",
            "measures/kpis.py",
            "measures/part.py",
            "effects/part.py",
            "business_case/part.py",
        )
        for node in ast.walk(ast.parse((ROOT / "metrics" / name).read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if getattr(key, "value", None) == "reason"
        and isinstance(value, ast.Constant)
        and value.value
    }
    given.discard("str")  # the dtype of the column, not a reason
    assert not {reason for reason in given if not knows(f"reason.{reason}")}


def test_a_missing_fact_is_a_fault_of_the_program() -> None:
    with pytest.raises(KeyError):
        say("page.footing")
    with pytest.raises(KeyError):
        say("page.no_such_sentence")


def test_an_unknown_refusal_still_gets_a_sentence() -> None:
    from ui.look.writing import sentence

    assert "moon_not_full" in sentence(AttuneError("moon_not_full", phase=0.5))


def test_no_sentence_is_left_over() -> None:
    """A sentence nobody says is a sentence nobody checks.

    Codes travel as facts ("reason", "check"), so a code counts as used when its own last name
    stands somewhere in the code as text; those of pages are said in full or by pattern.
    """
    files = {*SPEAKERS, *MAKERS}
    names, patterns = set(), set()
    for path in files:
        for node in nodes(path):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                names.add(node.value)
            elif isinstance(node, ast.keyword) and node.arg:
                names.add(node.arg)
        patterns |= {code for code, _ in spoken(path)}
        for call in calls(path, "InvalidInput", "AttuneError"):
            patterns |= {f"errors.{pattern(a)}" for a in call.args[:1] if pattern(a)}
    names |= {str(f) for f in FRAMES} | {c.name for f in FRAMES.values() for c in f.columns}
    names |= set((ROOT / "metrics" / "maturity" / "model.yaml").read_text(encoding="utf-8").split())
    unused = []
    for code in catalogue():
        family, last = code.split(".", 1)[0], code.rsplit(".", 1)[-1]
        shaped = any(fnmatchcase(code, p) for p in patterns if p.strip("*."))
        named = code in names or (last in names and family != "page")
        if not (shaped or named):
            unused.append(code)
    assert unused == []


def test_sentences_are_whole_and_calm() -> None:
    for code, sentence in catalogue().items():
        assert sentence.strip() == sentence, code
        assert sentence, code
        assert "!" not in sentence.replace("#DIV/0!", ""), code
        assert "  " not in sentence, code


def test_one_and_many_take_their_own_form() -> None:
    one = say("verdict.effects", all=1, helped=0, harmed=0, unknown=1)
    assert one == "Of 1 initiative 0 are shown to help, 0 to harm; 1 is not shown."
    many = say("verdict.effects", all=4, helped=1, harmed=1, unknown=2)
    assert many == "Of 4 initiatives 1 is shown to help, 1 to harm; 2 are not shown."
