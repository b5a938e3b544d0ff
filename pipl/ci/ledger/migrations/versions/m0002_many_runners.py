"""Several runners, flows by version, and everything that is kept of a run in the ledger.

The logs of earlier runs stay where they are, as files in the folders of the runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
COLUMNS = (
    *("id", "index", "project", "version", "filename", "sha256", "handler", "user", "state"),
    *("attempt", "faults", "queued_at", "due_at", "started_at", "ended_at", "host"),
    *("code", "reason", "hint"),
)


def upgrade() -> None:
    op.drop_index("runs_by_state", "runs")
    op.drop_index("runs_by_release", "runs")
    op.rename_table("runs", "runs_before")
    op.rename_table("facts", "facts_before")
    if op.get_bind().dialect.name == "postgresql":  # names of constraints outlive a renamed table
        op.drop_constraint("one_run", "runs_before")
        op.drop_constraint("runs_pkey", "runs_before")
        op.drop_constraint("facts_pkey", "facts_before")
    _create_runs()
    _create_the_rest()
    names = ", ".join(f'"{name}"' for name in COLUMNS)
    op.execute(f"INSERT INTO runs ({names}) SELECT {names} FROM runs_before")  # noqa: S608
    op.execute("INSERT INTO facts SELECT * FROM facts_before WHERE name = 'cursor'")
    op.drop_table("runs_before")
    op.drop_table("facts_before")


def _create_runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("index", sa.String(200), nullable=False),
        sa.Column("project", sa.String(200), nullable=False),
        sa.Column("version", sa.String(100), nullable=False),
        sa.Column("filename", sa.String(300), nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("handler", sa.String(100), nullable=False),
        sa.Column("flow", sa.String(12), nullable=False, server_default=""),
        sa.Column("kind", sa.String(20)),
        sa.Column("type", sa.String(200)),
        sa.Column("user", sa.String(200)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("step", sa.String(20), nullable=False, server_default="job"),
        sa.Column("rerun", sa.Boolean, nullable=False, server_default=sa.false()),
        sa.Column("attempt", sa.Integer, nullable=False, server_default="0"),
        sa.Column("faults", sa.Integer, nullable=False, server_default="0"),
        sa.Column("queued_at", sa.Float, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("started_at", sa.Float),
        sa.Column("ended_at", sa.Float),
        sa.Column("host", sa.String(200)),
        sa.Column("runner", sa.String(36)),
        sa.Column("code", sa.String(100), nullable=False, server_default=""),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
        sa.Column("hint", sa.Text, nullable=False, server_default=""),
        sa.UniqueConstraint("sha256", "index", "handler", "flow", name="one_run"),
    )
    op.create_index("runs_by_state", "runs", ["state", "due_at", "id"])
    op.create_index("runs_by_release", "runs", ["project", "version"])
    op.create_index("runs_by_end", "runs", ["ended_at"])


def _create_the_rest() -> None:
    op.create_table(
        "facts",
        sa.Column("name", sa.String(40), primary_key=True),
        sa.Column("value", NUMBER, nullable=False),
    )
    op.create_table(
        "runners",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("host", sa.String(200), nullable=False),
        sa.Column("pid", sa.Integer, nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("beat", NUMBER, nullable=False),
        sa.Column("started_at", sa.Float, nullable=False),
        sa.Column("seen_at", sa.Float, nullable=False),
    )
    op.create_table(
        "flows",
        sa.Column("version", sa.String(12), primary_key=True),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("origin", sa.Text, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
    )
    op.create_table(
        "logs",
        sa.Column("run_id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("size", sa.Integer, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "records",
        sa.Column("run_id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("name", sa.String(100), primary_key=True),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "outbox",
        sa.Column("run_id", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("filename", sa.String(300), primary_key=True),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "claims",
        sa.Column("product", sa.String(200), primary_key=True),
        sa.Column("task", sa.String(200), nullable=False),
    )
    op.create_table(
        "notices",
        sa.Column("id", NUMBER, primary_key=True, autoincrement=True),
        sa.Column("run_id", NUMBER, nullable=False),
        sa.Column("notifier", sa.String(100), nullable=False),
        sa.Column("run_state", sa.String(20), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("tries", sa.Integer, nullable=False, server_default="0"),
        sa.Column("made_at", sa.Float, nullable=False),
        sa.Column("due_at", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False, server_default=""),
    )
    op.create_index("notices_by_state", "notices", ["state", "due_at"])
