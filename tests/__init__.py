"""The proof: tests mirror the tree they prove, what they share is in ``support``."""

import os

import pytest

pytest.register_assert_rewrite("tests.support", "tests.corpus")
# A reader that hangs is told from one on a slow machine by its own test, with its own limit.
os.environ.setdefault("ATTUNE_LIMIT_SECONDS", "900")
