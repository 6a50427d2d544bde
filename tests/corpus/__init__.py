"""Odd and hostile files, written by script, each with the outcome it must have."""
