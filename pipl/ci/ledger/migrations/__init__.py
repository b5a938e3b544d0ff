"""How ledgers of earlier versions become today's (Alembic)."""
