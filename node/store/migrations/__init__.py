"""How the tables became what they are: one Alembic revision for each version, run as the text that `node.store.statements` makes of them."""
