"""What comes next for this client: forecasts, scenarios, targets, and how earlier ones did."""
