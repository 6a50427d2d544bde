"""Attune without a screen: the same doors for scripts and schedulers, and for one's own numbers.

Every command returns an ``Answer``; ``main`` prints it, as tables for people or with ``--json`` as
one object for machines, and turns refusals into a sentence and exit code 2. Heavy modules are
imported by the commands that need them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from typer.exceptions import TyperException

from commands import console
from commands.clients import COMMANDS
from commands.console import COULD_NOT, DONE, Answer, option
from metrics.errors import AttuneError
from words import say


def _declare_json_option(as_json: Annotated[bool, option("--json")] = False) -> None:
    """Declare ``--json`` for the help; ``main`` takes it out, so it may stand anywhere."""


def _application() -> typer.Typer:
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        help=say("cli.about"),
        callback=_declare_json_option,
    )
    for command in COMMANDS:
        name = command.__name__.replace("_", "-")
        about = say(f"cli.help.{name}")
        app.command(name, help=about, short_help=about)(command)
    return app


def main(arguments: list[str] | None = None) -> int:
    """Run one command, of the process by default, and return its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in given
    words = [word for word in given if word != "--json"] or ["--help"]
    try:
        answer = _application()(words, standalone_mode=False, prog_name="cli.py")
    except AttuneError as error:
        refusal = console.sentence(error)
    except TyperException as error:
        refusal = error.format_message() if hasattr(error, "format_message") else str(error)
    except typer.Abort:
        refusal = say("cli.not_deleted")
    except Exception as error:
        refusal = console.describe_error(error)
    else:
        if not isinstance(answer, Answer):
            return int(answer or DONE)
        console.show(answer.document, as_json)
        return answer.code
    console.refuse(refusal, as_json)
    return COULD_NOT


if __name__ == "__main__":
    sys.exit(main())
