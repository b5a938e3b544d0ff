"""Run by Alembic: migrates over the connection that it was given, in its transaction."""

from alembic import context

from pipl.ci.ledger.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    transactional_ddl=False,  # the transaction is the caller's
)
context.run_migrations()
