"""An alert's debug bundle: rows, lines, message, and a notebook that tells its number anew."""
