"""What might be done: one list, on one scale, each saving in it once."""
