"""Pages in-process, as Streamlit's test client runs them."""

from __future__ import annotations

from pathlib import Path

from streamlit.testing.v1 import AppTest

from loop.sample import SAMPLE_AS_OF
from metrics.model import Profile
from tests.support.places import ROOT
from tests.support.servers import PATIENCE
from ui.door.menu import ENTRIES
from workspaces.store import Store


def opened(page: str, **address: str) -> AppTest:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=PATIENCE)
    for key, value in address.items():
        app.query_params[key] = value
    app.run()
    if page != ENTRIES[0].file:
        app.switch_page(f"pages/{page}.py").run()
    return app


def empty_client(database: Path) -> str:
    store = Store.open(str(database))
    client = store.create_client(Profile("Small Ltd", ("support",)), "tests", SAMPLE_AS_OF)
    store.close()
    return client


def text(app: AppTest) -> str:
    """Everything written on the page."""
    return "\n".join(
        str(element.value)
        for kind in ("title", "subheader", "markdown", "caption", "success", "warning", "error")
        for element in app.get(kind)
    ) + "\n".join(str(getattr(e.proto, "body", "")) for e in app.get("html"))


def uploader(app: AppTest):
    return app.file_uploader[0]


def pressed(app: AppTest, label: str) -> None:
    next(b for b in app.button if b.label == label).click().run()
