"""One module a command; whatever is heavy is imported inside the functions."""
