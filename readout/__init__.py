"""Files out: deck, workbook and document, each a view of one report."""
