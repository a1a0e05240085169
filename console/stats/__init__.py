"""Windows and their merging, drift, performance, log templates: pure functions over frames."""
