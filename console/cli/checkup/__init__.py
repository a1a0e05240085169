"""What `model-console doctor` looks at."""
