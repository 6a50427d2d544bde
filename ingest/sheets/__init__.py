"""Sheets of figures and registers that people fill in: recognised, read, offered as templates."""
