"""Which files there are, what is new in them, and where reading stopped."""
