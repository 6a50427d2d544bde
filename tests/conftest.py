"""Fixtures every test may ask for."""

from tests.databases import database_url, postgresql, store

__all__ = ["database_url", "postgresql", "store"]
