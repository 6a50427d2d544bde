"""Addresses of the time before the map: each leads to where its page stands now."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

OLD_PAGES: dict[str, str] = {
    "measure": "indicators",
    "model": "initiatives",
    "forecast": "outlook",
    "tune": "decisions",
    "connections": "data",
}
"""A page's name of then → its name now."""
OLD_VIEWS: dict[tuple[str, str], tuple[str, str]] = {
    ("business_case", "inputs"): ("data", "tables"),
    ("business_case", "programme"): ("business_case", "conditions"),
    ("maturity", "register"): ("data", "tables"),
}
"""A page and its part of then → the page and part now."""


def now(page: str, filters: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the page and the filters that show today what an address showed before."""
    chosen = dict(filters)
    if page == "connections":
        chosen["view"] = "connections"
    page = OLD_PAGES.get(page, page)
    if page == "initiatives" and "initiative" in chosen:
        chosen.setdefault("view", "one")
    page, view = OLD_VIEWS.get((page, chosen.get("view", "")), (page, chosen.get("view", "")))
    if view:
        chosen["view"] = view
    return page, chosen


def follow(page: str) -> None:
    """Go on to where an address stands now, with the same choices; stay where nothing moved."""
    here = st.query_params.to_dict()
    there, filters = now(page, here)
    if (there, filters) != (page, here):
        st.switch_page(f"pages/{there}.py", query_params=filters)


__all__ = ["OLD_PAGES", "OLD_VIEWS", "follow", "now"]
