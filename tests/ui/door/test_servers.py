"""Several servers on one database: the same answers, and what one writes the others show."""

from __future__ import annotations

import asyncio

import pandas as pd
import pytest

from bench.sessions import server
from bench.visitors import Visitor
from loop import sample
from metrics.frames import OBSERVATIONS
from metrics.functions import KPIS
from metrics.model import ALL, Profile
from workspaces.store import Store

pytestmark = pytest.mark.slow


COST = KPIS["cost_per_resolution"]
MONTHS = pd.date_range("2026-01-01", periods=6, freq="MS", unit="us")


def observations(cost: int) -> pd.DataFrame:
    """Six months of two teams: so many resolved tickets at this cost."""
    rows = [
        {
            "function": "support",
            "measure": measure,
            "team": team,
            "item": ALL,
            "constituency": ALL,
            "month": month,
            "value": value,
        }
        for team in ("North", "South")
        for month in MONTHS
        for measure, value in ((COST.numerator[0], cost), (COST.denominator[0], 100))
    ]
    return OBSERVATIONS.conform(pd.DataFrame(rows)).assign(upload="")


async def seen(port: int) -> list[bytes]:
    """What Measure shows of the table of indicators and its cards."""
    async with Visitor(port, "indicators") as visitor:
        await visitor.open()
        assert visitor.choices
        return [
            element.html.body.encode()
            if element.HasField("html")
            else element.arrow_data_frame.data
            for element in visitor.elements
            if element.WhichOneof("type") in ("html", "arrow_data_frame")
        ]


def test_two_servers_on_one_postgresql_give_the_same_answers(postgresql, monkeypatch) -> None:
    url = postgresql.create()
    monkeypatch.setenv("ATTUNE_DATABASE_URL", url)
    store = Store.open(url)
    client = store.create_client(Profile("Two Ltd", ("support",)), "tests", sample.SAMPLE_AS_OF)
    store.save(client, 1, "tests", "entered", frames={"observations": observations(1000)})
    with server("attune") as (one, _), server("attune") as (other, _):
        before = asyncio.run(seen(one))
        assert any('"figure">€10' in part.decode(errors="ignore") for part in before)
        assert asyncio.run(seen(other)) == before
        store.save(
            client,
            2,
            "tests",
            "entered",
            replace=["observations"],
            frames={"observations": observations(1500)},
        )
        after = asyncio.run(seen(other))
        assert any('"figure">€15' in part.decode(errors="ignore") for part in after)
        assert asyncio.run(seen(one)) == after
    store.close()
