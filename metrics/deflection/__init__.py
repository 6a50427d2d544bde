"""Requests that were never made, by every method the records allow."""
