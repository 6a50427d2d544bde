"""The page Data: files in, tables typed, connections, history."""
