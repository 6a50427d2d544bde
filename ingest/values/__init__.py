"""What a column holds: numbers, dates, durations, each with its doubts."""
