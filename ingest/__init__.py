"""Files and tables in: bytes → cells with addresses → tables → measures with provenance."""
