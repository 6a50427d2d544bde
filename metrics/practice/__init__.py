"""Who takes part, who can do what, and whether learning reaches the work."""
