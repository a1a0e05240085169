"""A simulated fleet of models with incidents."""
