"""What `model-console check` is made of: the rows, the rules over history, JUnit."""
