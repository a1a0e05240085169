"""What is told without being asked for: after a marked event has settled, and at intervals."""
