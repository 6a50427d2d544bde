"""The page Indicators: what moved, and why."""
