"""What is kept: clients, their revisions, the files they rest on, and who may see them."""
