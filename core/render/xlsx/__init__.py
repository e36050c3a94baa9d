"""The parts of a workbook: package (ZIP), styles, cells, sheets of rows, and the cover."""
