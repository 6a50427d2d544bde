"""The page Settings: the client and its people."""
