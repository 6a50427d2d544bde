"""What draws and knows nobody: writing, charts, colours, explained terms."""
