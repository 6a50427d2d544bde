"""The log: one JSON object a line, with the reference a person was shown. No client's data.

What a message or an exception of somebody else's code says may quote a cell. So of theirs only
the wording stands in the log, without what was filled in, and of an exception its kind and where
it came from.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import threading
import traceback
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from metrics.errors import AttuneError
from ui.door.streamlit import log_through

FIELDS = ("reference", "page", "path", "from", "client")
"""What a line may say beyond time, level, name, message and where a fault came from."""
OURS = "attune"
LONGEST = 300
ROOT = Path(__file__).parents[2]
WARNING = re.compile(r"(?P<file>[^:\n]*):(?P<line>\d+): (?P<kind>\w*Warning)")


class Lines(logging.Formatter):
    """Write a record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": _message(record),
            **{name: value for name in FIELDS if (value := getattr(record, name, None))},
        }
        if record.exc_info and record.exc_info[1] is not None:
            line |= origin(record.exc_info[1])
        return json.dumps(line, ensure_ascii=False, default=str)


def _message(record: logging.LogRecord) -> str:
    if record.name.partition(".")[0] == OURS:
        return record.getMessage()
    if record.name == "py.warnings":
        found = WARNING.search(str(record.args[0]) if record.args else record.getMessage())
        return f"{found['kind']} in {_place(found['file'])}:{found['line']}" if found else "warning"
    # The wording as it stands in the source: what belongs in its gaps is left out.
    return str(record.msg)[:LONGEST]


def _place(file: str) -> str:
    path = Path(file)
    if path.is_relative_to(ROOT) and ".venv" not in path.parts:
        return path.relative_to(ROOT).as_posix()
    return "/".join(path.parts[-2:])


def origin(error: BaseException) -> dict[str, object]:
    """Return kind and origin of an exception, and of what caused it; not what it says."""
    kinds, frames, seen = [], [], error
    while seen is not None:
        code = f" {seen.code}" if isinstance(seen, AttuneError) else ""
        kinds.append(f"{type(seen).__module__}.{type(seen).__qualname__}{code}")
        frames = frames or [
            f"{_place(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(seen.__traceback__)
        ]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return {"exception": kinds[:5], "traceback": frames}


def to_lines() -> None:
    """Let everything that this process logs go to standard error as lines of JSON."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    logging.captureWarnings(True)
    quiet = ("", "uvicorn.access")  # an address may hold a link's token
    for name in (OURS, "py.warnings", "uvicorn", "uvicorn.error", *quiet):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING if name in quiet else logging.INFO)
    log_through(handler)
    for name in quiet:
        logging.getLogger(name).setLevel(logging.WARNING)
    sys.excepthook = _uncaught
    threading.excepthook = lambda args: _uncaught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )
    sys.unraisablehook = lambda args: _uncaught(
        args.exc_type, args.exc_value or args.exc_type(), args.exc_traceback
    )


def _uncaught(kind: type[BaseException], error: BaseException, where: TracebackType | None) -> None:
    if issubclass(kind, KeyboardInterrupt | SystemExit):
        return
    logging.getLogger(OURS).error("uncaught", exc_info=(kind, error, where))
