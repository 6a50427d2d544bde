"""Tables of a warehouse, counted where they are."""
