"""The log of a process is JSON to its last line, and holds nothing that stands in a cell."""

from __future__ import annotations

import json
import logging
import subprocess
import sys

import pytest

from tests.support.places import ROOT
from ui.door import log

CELL = "Frau Musterkundin"
EVERYTHING = f"""
import logging, sys, threading, warnings, gc
from ui.door import log
import streamlit.logger
log.to_lines()
early = streamlit.logger.get_logger("streamlit.early")
streamlit.logger.update_formatter()
cell = {CELL!r}
logging.getLogger("attune").warning("refused", extra={{"path": "/data"}})
early.warning("cannot read %s", cell)
streamlit.logger.get_logger("streamlit.late").error("cell %r is odd", cell)
logging.getLogger("openpyxl").warning("found %s", cell)
logging.getLogger("uvicorn.error").error("Exception in %s", cell)
warnings.warn(f"cell {{cell}} is odd")
try:
    try:
        float(cell)
    except ValueError as error:
        raise KeyError(cell) from error
except KeyError:
    logging.getLogger("attune").exception("a page failed", extra={{"reference": "3f2a91bc"}})
threading.Thread(target=lambda: float(cell)).start()
class Odd:
    def __del__(self):
        float(cell)
Odd()
gc.collect()
float(cell)
"""


@pytest.fixture(scope="module")
def lines() -> list[dict]:
    done = subprocess.run(
        [sys.executable, "-c", EVERYTHING], cwd=ROOT, capture_output=True, text=True
    )
    assert CELL not in done.stderr + done.stdout
    assert "Musterkundin" not in done.stderr
    return [json.loads(line) for line in done.stderr.splitlines()]


def test_every_line_is_json_and_none_is_missing(lines) -> None:
    said = [(line["logger"], line["message"]) for line in lines]
    for expected in (
        ("attune", "refused"),
        ("streamlit.early", "cannot read %s"),
        ("streamlit.late", "cell %r is odd"),
        ("openpyxl", "found %s"),
        ("uvicorn.error", "Exception in %s"),
        ("attune", "a page failed"),
    ):
        assert said.count(expected) == 1, expected
    assert said.count(("attune", "uncaught")) == 3, "a thread, a finaliser, the program itself"
    (warned,) = [line["message"] for line in lines if line["logger"] == "py.warnings"]
    assert warned.startswith("UserWarning in ")


def test_an_exception_says_its_kind_its_cause_and_where(lines) -> None:
    (failed,) = [line for line in lines if line["message"] == "a page failed"]
    assert failed["exception"] == ["builtins.KeyError", "builtins.ValueError"]
    assert failed["traceback"] == ["<string>:19 <module>"]
    assert failed["reference"] == "3f2a91bc"


def test_a_message_of_our_own_is_whole() -> None:
    record = logging.LogRecord("attune.server", logging.INFO, "", 1, "%d of %d", (1, 2), None)
    assert json.loads(log.Lines().format(record))["message"] == "1 of 2"
