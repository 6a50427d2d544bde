"""The page Assess: what a manager says is true of a function."""
