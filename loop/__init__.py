"""Measure, model, tune, as a story: bring, review, accept, compute, decide, freeze, score, issue.

Screens and commands call these functions; nothing else joins what comes in, what is kept and what
follows from it.
"""
