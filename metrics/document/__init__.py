"""What other programs read: the whole report as plain values."""
