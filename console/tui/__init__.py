"""The terminal screen: nothing imports it but the command line."""
