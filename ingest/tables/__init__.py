"""Where a table is in a sheet: headings, totals, months across."""
