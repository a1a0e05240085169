"""The only room that speaks SQL: schema, migrations, the write transaction, queries."""
