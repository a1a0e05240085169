"""One module a detector, one protocol (`protocol`), one list of them (`registry`)."""
