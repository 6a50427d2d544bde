"""The dependency rule. The table below is its documentation."""

import ast
import contextlib
import graphlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = {
    "words",
    "metrics",
    "ingest",
    "workspaces",
    "readout",
    "loop",
    "commands",
    "ui",
    "pages",
    "cli",
    "app",
    "serve",
}
SCREEN = {"streamlit", "altair"}
OUTSIDE = {"openpyxl", "sqlalchemy", "pptx", "requests", "sqlite3", "duckdb", "ibis", "urllib"}

# folder or file: (ours it may import, others it may not import)
RULES = {
    "words": (set(), SCREEN | OUTSIDE | {"pandas", "numpy"}),
    "metrics": (set(), SCREEN | OUTSIDE),
    "ingest": ({"metrics", "words"}, SCREEN | {"sqlalchemy"}),
    "workspaces": ({"metrics", "words"}, SCREEN | {"openpyxl", "ibis"}),
    "readout": ({"metrics", "words"}, {"streamlit", "sqlalchemy"}),
    "loop": ({"metrics", "ingest", "workspaces", "readout", "words"}, SCREEN),
    "ui": (OURS - {"pages", "app", "cli", "commands"}, set()),
    "pages": ({"ui", "metrics", "words"}, {"pandas", "numpy", "altair"}),
    "app.py": ({"ui", "metrics"}, {"pandas", "numpy", "altair"}),
    "serve.py": ({"ui"}, {"pandas", "numpy", "altair"}),
    "commands": (OURS - {"ui", "pages", "app", "cli"}, SCREEN),
    "cli.py": ({"commands", "metrics", "words"}, SCREEN),
}


def python_files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.suffix == ".py" else sorted(path.rglob("*.py"))


def imports(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.split(".")[0])
    return found


@pytest.mark.parametrize("place", [p for p in RULES if (ROOT / p).exists()])
def test_imports_follow_the_table(place):
    own = place.removesuffix(".py")
    allowed, forbidden = RULES[place]
    for file in python_files(place):
        found = imports(file)
        wrong = (found & OURS) - allowed - {own} | (found & forbidden)
        assert not wrong, f"{file.relative_to(ROOT)} imports {sorted(wrong)}"


def test_only_session_touches_session_state():
    for place in ("app.py", "pages", "ui"):
        for file in python_files(place):
            if file != ROOT / "ui" / "door" / "session.py":
                assert "session_state" not in file.read_text(encoding="utf-8"), file


def test_only_cached_caches():
    for place in RULES:
        for file in python_files(place) if (ROOT / place).exists() else []:
            if file != ROOT / "ui" / "door" / "cached.py":
                assert "st.cache_" not in file.read_text(encoding="utf-8"), file


PRIVATE = re.compile(r"\bstreamlit\.(?!starlette\b)\w|from streamlit import|_getframe|_stcore")


def test_only_one_file_knows_the_inside_of_streamlit():
    for file in screens():
        if file != ROOT / "ui" / "door" / "streamlit.py":
            lines = file.read_text(encoding="utf-8").splitlines()
            # Our own module of that name, which says what of it is used.
            found = [x for x in lines if PRIVATE.search(x.replace("ui.door.streamlit", ""))]
            assert not found, (file, found)


def screens() -> list[Path]:
    return [file for place in ("app.py", "serve.py", "pages", "ui") for file in python_files(place)]


def test_files_come_and_leave_by_the_checked_doors_only():
    for file in screens():
        text = file.read_text(encoding="utf-8")
        assert file.name == "downloads.py" or "download_button(" not in text, file
        assert file.name == "incoming.py" or "file_uploader(" not in text, file
        asks = ("session.py", "server.py", "incoming.py")
        assert file.name in asks or "cached.store()" not in text, file
        assert file.name == "cached.py" or "Store.open(" not in text, file


def test_caches_stand_behind_the_access_check():
    """Only the session asks a cache by a client's name, and asks for access first."""
    for file in screens():
        if file.parent != ROOT / "ui" / "door":
            used = set(re.findall(r"\bcached\.(\w+)", file.read_text(encoding="utf-8")))
            assert used <= {"cache_section"}, (file, used)
    tree = ast.parse((ROOT / "ui" / "door" / "session.py").read_text(encoding="utf-8"))
    for function in (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)):
        body = ast.unparse(function)
        if re.search(r"cached\.(?!store|forget|cache_section)\w+\(", body):
            first = ast.unparse(
                function.body[
                    isinstance(function.body[0], ast.Expr)
                    and len(function.body) > 1
                    and isinstance(function.body[0].value, ast.Constant)
                ]
            )
            assert first == "ask_to_read(self.client.id)", function.name


def rooms(folder: str) -> dict[str, set[str]]:
    """Return every module below a folder with the modules of it that it imports."""
    found: dict[str, set[str]] = {}
    files = {
        ".".join(p.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): p
        for p in python_files(folder)
    }
    for name, path in files.items():
        found[name] = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                taken = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                taken = [
                    whole if (whole := f"{node.module}.{alias.name}") in files else node.module
                    for alias in node.names
                ]
            else:
                continue
            # A face hands names on; who imports it imports what stands behind it.
            found[name] |= {t for t in taken if t in files and files[t].name != "__init__.py"}
    return found


@pytest.mark.parametrize("folder", [p for p in RULES if not p.endswith(".py")])
def test_no_modules_import_each_other_in_a_circle(folder):
    graph = rooms(folder)
    with contextlib.suppress(KeyError):
        graph.pop("")
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as circle:
        pytest.fail(" imports ".join(circle.args[1]))


def test_a_page_knows_no_other_page_and_what_draws_knows_nobody():
    for name, taken in rooms("ui").items():
        place = name.split(".")[1] if "." in name else ""
        allowed = {"look"} if place == "look" else {place, "look", "door"}
        others = {t for t in taken if t.split(".")[1] not in allowed}
        assert not others, (name, others)


@pytest.mark.parametrize("file", sorted((ROOT / "pages").glob("*.py")), ids=lambda f: f.stem)
def test_page_begins_with_the_guard_and_stays_short(file):
    statements = ast.parse(file.read_text(encoding="utf-8")).body
    body = statements[1:] if isinstance(statements[0], ast.Expr) else statements
    first, second = body[0], body[1]
    assert isinstance(first, ast.ImportFrom)
    assert (first.module, [a.name for a in first.names]) == ("ui.door.session", ["guard"])
    assert ast.unparse(second) == "guard()"
    assert len(file.read_text(encoding="utf-8").splitlines()) <= 80


def test_no_part_of_a_report_is_looked_up_by_its_name():
    """What is shown is ``report.maturity``: a name in a string escapes pyright and a reader."""
    from metrics.report import BY_NAME

    def named(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and node.value in BY_NAME

    def holder(node: ast.AST) -> bool:
        if isinstance(node, ast.Call):
            return holder(node.func)
        name = getattr(node, "attr", getattr(node, "id", ""))
        return name in ("report", "reports", "parts", "BY_NAME", "compute")

    for place in RULES:
        for file in python_files(place):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                match node:
                    case ast.Subscript(value=value, slice=key):
                        wrong = holder(value) and named(key)
                    case ast.Call(func=ast.Attribute(attr="get", value=value), args=[key, *_]):
                        wrong = holder(value) and named(key)
                    case ast.Call(func=ast.Name(id="getattr"), args=[value, key, *_]):
                        wrong = named(key) or holder(value)
                    case ast.Call(func=func, args=args):
                        wrong = holder(func) and any(map(named, args))
                    case ast.Tuple(elts=elements):
                        wrong = len(elements) > 1 and all(map(named, elements))
                    case _:
                        wrong = False
                assert not wrong, f"{file.relative_to(ROOT)}:{node.lineno} {ast.unparse(node)}"


def test_truth_of_the_sample_is_unknown_to_the_product():
    for place in RULES:
        for file in python_files(place) if (ROOT / place).exists() else []:
            assert "truth.json" not in file.read_text(encoding="utf-8"), file


def test_theme_file_and_tokens_agree():
    import tomllib

    from ui.look.theme import DARK, LIGHT

    theme = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]
    for name, tokens in (("light", LIGHT), ("dark", DARK)):
        assert theme[name]["backgroundColor"] == tokens.paper
        assert theme[name]["secondaryBackgroundColor"] == tokens.panel
        assert theme[name]["textColor"] == tokens.ink
        assert theme[name]["primaryColor"] == tokens.accent


def luminance(colour: str) -> float:
    def channel(value: int) -> float:
        share = value / 255
        return share / 12.92 if share <= 0.03928 else ((share + 0.055) / 1.055) ** 2.4

    red, green, blue = (channel(int(colour[i : i + 2], 16)) for i in (1, 3, 5))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("name", ["ink", "quiet", "accent", "target_text", "good_text", "bad_text"])
def test_text_reaches_contrast_aa(name):
    """WCAG 2.2, success criterion 1.4.3: 4.5 : 1."""
    from ui.look.theme import DARK, LIGHT

    for tokens in (LIGHT, DARK):
        for ground in (tokens.paper, tokens.panel):
            light, dark = sorted(
                (luminance(getattr(tokens, name)), luminance(ground)), reverse=True
            )
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (name, ground)


WRITES_TERMS = {"ui/methods/formulas.py"}
"""Sets a definition as mathematics; adds nothing."""


def test_only_the_mathematics_adds_the_terms_of_an_indicator():
    """A page or a door with sums of its own would say another number than the report."""
    for place in set(RULES) - {"metrics"}:
        for file in python_files(place) if (ROOT / place).exists() else []:
            name = str(file.relative_to(ROOT))
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Attribute) and name not in WRITES_TERMS:
                    assert node.attr not in ("numerator", "denominator"), (name, node.lineno)
                if isinstance(node, ast.BinOp):
                    words = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant)}
                    assert not words & {"numerator", "denominator"}, (name, node.lineno)


def test_the_signs_of_terms_are_read_in_two_places():
    """``measures_in`` names the measures, ``add_terms`` adds them; nobody else looks at a minus."""
    read = {
        str(file.relative_to(ROOT))
        for place in ("metrics", "ingest", "loop", "readout", "ui")
        for file in python_files(place)
        if re.search(r"""(startswith|lstrip|removeprefix)\("-"\)""", file.read_text("utf-8"))
    }
    assert read == {"metrics/model.py", "metrics/measures/terms.py", *WRITES_TERMS}


def test_the_table_a_contributor_reads_is_the_one_that_holds() -> None:
    rows = re.findall(
        r"^\| `([\w.]+)` \| ([^|]+) \| ([^|]+) \|$",
        (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("## How to add")[0],
        re.MULTILINE,
    )

    def names(cell: str) -> set[str]:
        return set() if cell == "–" else set(cell.split(", "))

    told = {place: (names(ours), names(others)) for place, ours, others in rows}
    assert told == {place: (ours - {place}, others) for place, (ours, others) in RULES.items()}


def test_normal_quantiles_are_made_in_one_file():
    """Half the width of an interval is ``metrics.intervals.quantile``; nobody writes 1.96."""
    made = (0.8416, 1.2816, 1.6449, 1.96, 2.5758)
    for place in ("metrics", "ingest", "loop", "readout", "ui", "commands"):
        for file in python_files(place):
            text, name = file.read_text("utf-8"), str(file.relative_to(ROOT))
            assert not re.search(r"norm\.(ppf|isf)", text), name
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Constant) and isinstance(node.value, float):
                    apart = min(abs(node.value - quantile) for quantile in made)
                    assert apart > 5e-4, (name, node.lineno)


def test_pages_write_no_months_of_their_own():
    """Months and days are written by ``metrics.units``, as the client's country writes them."""
    for place in ("ui", "readout", "pages"):
        for file in python_files(place):
            found = re.search(r"%-?[dbB] ?%[bByY]|%[bB] %[yY]", file.read_text("utf-8"))
            assert not found, (str(file.relative_to(ROOT)), found)
