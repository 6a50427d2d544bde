"""The real server with sign-in, beside a provider of its own."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

from tests.support.places import ROOT
from tests.support.provider import CLIENT, SECRET

BOSS, ANNA, EVE = "boss@example.com", "anna@example.com", "eve@example.com"


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return free.getsockname()[1]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


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
        self.log = (folder / f"server-{self.port}.log").open("w+")
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "streamlit",
                "run",
                "serve.py",
                "--server.headless",
                "true",
                "--server.port",
                str(self.port),
                "--secrets.files",
                str(self.secrets),
            ],
            cwd=ROOT,
            stdout=self.log,
            stderr=subprocess.STDOUT,
            env=os.environ | {"ATTUNE_DATABASE_URL": self.database, "ATTUNE_ADMINISTRATOR": BOSS},
        )
        end = time.monotonic() + 300
        while not answers(f"{self.url}/health"):
            assert self.process.poll() is None, Path(self.log.name).read_text()
            assert time.monotonic() < end, "the server does not answer"
            time.sleep(0.2)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        self.log.close()
