"""The four models of the fleet, one module each."""
