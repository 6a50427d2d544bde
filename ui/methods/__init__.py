"""The page Methods: every formula and assumption."""
