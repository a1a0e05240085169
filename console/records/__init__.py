"""The nouns: what a metric, log, event, prediction and label are, and how time is told."""
