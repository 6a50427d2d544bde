"""The page Decisions: what to change, and whether the last changes worked."""
