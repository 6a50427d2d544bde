"""Who asks, what is kept for them, and how files leave: the skin that knows people."""
