"""One module a format: bytes to record frames, detection, and what cannot be decoded."""
