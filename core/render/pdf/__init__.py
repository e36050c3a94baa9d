"""The parts the PDF renderer is made of: streaming file, fonts, shaping, drawing, and the layout of pages."""
