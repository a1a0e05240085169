"""Pure presenters: data of the house in, lines of text with roles out; no widget, no colour."""
