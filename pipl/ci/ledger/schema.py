"""The ledger's tables, as of the newest migration."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
)

HEAD = "0002"
"""The newest migration in `migrations/versions`."""

NUMBER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up only an INTEGER

metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    Column("name", String(40), primary_key=True),
    Column("value", NUMBER, nullable=False),
)
"""`cursor`: the last serial of the feed whose runs the ledger holds; `mark`: which change it is."""

runners = Table(
    "runners",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("host", String(200), nullable=False),
    Column("pid", Integer, nullable=False),
    Column("state", String(20), nullable=False),
    Column("beat", NUMBER, nullable=False),
    Column("started_at", Float, nullable=False),
    Column("seen_at", Float, nullable=False),
)
"""States are `working`, `ended` and `lost`; a working runner counts `beat` up."""

flows = Table(
    "flows",
    metadata,
    Column("version", String(12), primary_key=True),
    Column("text", Text, nullable=False),
    Column("origin", Text, nullable=False),
    Column("since", Float, nullable=False),
)
"""Every flow that was in force, as JSON, and since when; the newest one is."""

runs = Table(
    "runs",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("index", String(200), nullable=False),
    Column("project", String(200), nullable=False),
    Column("version", String(100), nullable=False),
    Column("filename", String(300), nullable=False),
    Column("sha256", String(64), nullable=False),
    Column("handler", String(100), nullable=False),
    Column("flow", String(12), nullable=False, server_default=""),
    Column("kind", String(20)),
    Column("type", String(200)),
    Column("user", String(200)),
    Column("state", String(20), nullable=False),
    Column("step", String(20), nullable=False, server_default="job"),
    Column("rerun", Boolean, nullable=False, server_default=false()),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("faults", Integer, nullable=False, server_default="0"),
    Column("queued_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("started_at", Float),
    Column("ended_at", Float),
    Column("host", String(200)),
    Column("runner", String(36)),
    Column("code", String(100), nullable=False, server_default=""),
    Column("reason", Text, nullable=False, server_default=""),
    Column("hint", Text, nullable=False, server_default=""),
    UniqueConstraint("sha256", "index", "handler", "flow", name="one_run"),
    Index("runs_by_state", "state", "due_at", "id"),
    Index("runs_by_release", "project", "version"),
    Index("runs_by_end", "ended_at"),
)

logs = Table(
    "logs",
    metadata,
    Column("run_id", NUMBER, primary_key=True, autoincrement=False),
    Column("attempt", Integer, primary_key=True, autoincrement=False),
    Column("part", Integer, primary_key=True, autoincrement=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""What the attempts of a run wrote, in parts from 0, compressed by zlib; `size` is unpacked."""

records = Table(
    "records",
    metadata,
    Column("run_id", NUMBER, primary_key=True, autoincrement=False),
    Column("name", String(100), primary_key=True),
    Column("content", LargeBinary, nullable=False),
)
"""What is kept of a run beside its log, compressed by zlib: `lock`, `published`, `statement`."""

outbox = Table(
    "outbox",
    metadata,
    Column("run_id", NUMBER, primary_key=True, autoincrement=False),
    Column("filename", String(300), primary_key=True),
    Column("sha256", String(64), nullable=False),
    Column("content", LargeBinary, nullable=False),
)
"""Files that a run has made and that are not all delivered yet."""

claims = Table(
    "claims",
    metadata,
    Column("product", String(200), primary_key=True),
    Column("task", String(200), nullable=False),
)
"""Which task a product's name belongs to: the first one that made it."""

notices = Table(
    "notices",
    metadata,
    Column("id", NUMBER, primary_key=True, autoincrement=True),
    Column("run_id", NUMBER, nullable=False),
    Column("notifier", String(100), nullable=False),
    Column("run_state", String(20), nullable=False),
    Column("state", String(20), nullable=False),
    Column("tries", Integer, nullable=False, server_default="0"),
    Column("made_at", Float, nullable=False),
    Column("due_at", Float, nullable=False),
    Column("reason", Text, nullable=False, server_default=""),
    Index("notices_by_state", "state", "due_at"),
)
"""What people are to be told of a run's end: `due`, `sent` or `given-up`."""
