"""The page Outlook: what comes next."""
