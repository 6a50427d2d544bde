"""The proof: tests mirror the tree they prove, what they share is in ``support``."""

import pytest

pytest.register_assert_rewrite("tests.support", "tests.corpus")
