"""Records to measures: every source's tallies, on any engine."""
