"""Measure, model, tune: response to budget, allocation, decisions and what became of them."""
