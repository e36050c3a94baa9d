"""The parts of the PDF renderer: reportlab's canvas written page by page, fonts, shaping, the layout of pages."""
