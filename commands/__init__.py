"""The command line: every door without a screen."""
