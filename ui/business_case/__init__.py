"""The page Business case."""
