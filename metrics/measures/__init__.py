"""What was measured: KPIs by month and level, change against the baseline, adjusted saving."""
