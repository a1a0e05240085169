"""Column-by-column comparison of two tables: drift, quality and schema."""
