"""The walk from files to alerts, live and replayed: one batch in, one transaction out."""
