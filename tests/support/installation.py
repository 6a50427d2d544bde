"""The real server with sign-in, beside a provider of its own."""

from __future__ import annotations

from pathlib import Path

from tests.support.provider import CLIENT, SECRET
from tests.support.servers import free_port, start, stop, streamlit

BOSS, ANNA, EVE = "boss@example.com", "anna@example.com", "eve@example.com"


class Installation:
    """A provider and a server with sign-in, over a database with two clients."""

    def __init__(self, folder: Path, provider: int) -> None:
        self.folder, self.provider, self.port = folder, provider, free_port()
        self.url = f"http://localhost:{self.port}"
        self.database = str(folder / "attune.sqlite")
        self.secrets = folder / f"secrets-{self.port}.toml"
        self.secrets.write_text(
            f'[auth]\nredirect_uri = "{self.url}/oauth2callback"\n'
            f'cookie_secret = "{"only for tests " * 3}"\n'
            f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
            f'server_metadata_url = "http://127.0.0.1:{provider}/.well-known/openid-configuration"\n'
        )
        self.process = start(
            streamlit("serve.py", self.port, "--secrets.files", str(self.secrets)),
            f"{self.url}/health",
            folder / f"server-{self.port}.log",
            {"ATTUNE_DATABASE_URL": self.database, "ATTUNE_ADMINISTRATOR": BOSS},
        )

    def stop(self) -> None:
        stop(self.process)
