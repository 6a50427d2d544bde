"""One module per family of formats: bytes in, sheets of typed cells out."""
