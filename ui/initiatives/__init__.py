"""The page Initiatives: what each one caused."""
