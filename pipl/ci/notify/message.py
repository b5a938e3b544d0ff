"""What people and machines are told of a run's end."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pipl.ci.run import Run

FORMAT = "pipl-notice/1"
MAX_REASON = 4000
"""How many characters of a reason are told; the log has all of it."""


@dataclass(frozen=True)
class Message:
    """That a run has come to `state`.

    `id` names what is told: it is the same when a message comes twice, which happens where a
    runner dies between sending it and noting so. `at` is when the run ended, in seconds since
    the epoch; `log` is the command that shows more.
    """

    id: str
    project: str
    packl: str
    version: str
    handler: str
    index: str
    state: str
    run: int = 0
    attempt: int = 0
    at: float = 0.0
    reason: str = ""
    hint: str = ""
    log: str = ""

    @classmethod
    def of(cls, run: Run, *, project: str, id: str, state: str) -> Message:
        """The message that `run` of the project has come to `state`."""
        reason = run.reason
        if len(reason) > MAX_REASON:
            reason = reason[:MAX_REASON] + " […]"
        return cls(
            id=id,
            project=project,
            packl=run.project,
            version=run.version,
            handler=run.handler,
            index=str(run.index),
            state=state,
            run=run.id,
            attempt=run.attempt,
            at=run.ended_at or 0.0,
            reason=reason,
            hint=run.hint,
            log=f"pipl ci log {run.id}",
        )

    @classmethod
    def test(cls, *, project: str, at: float) -> Message:
        """A message that shows whether a notifier works."""
        return cls(
            id=f"test-{at:.0f}",
            project=project,
            packl="no-packl",
            version="0",
            handler="test",
            index="root/testing",
            state="test",
            at=at,
            reason="this is a test: no run has ended",
            log="pipl ci status",
        )

    @property
    def subject(self) -> str:
        """One line: `[Show] failed: qa of hero-model 1.0.0 on root/testing`."""
        text = f"{self.handler} of {self.packl} {self.version} on {self.index}"
        return " ".join(f"[{self.project}] {self.state}: {text}".split())

    @property
    def text(self) -> str:
        """The whole, for people."""
        what = f"{self.handler} of {self.packl} {self.version} on {self.index}"
        lines = [f"{what}: {self.state}"]
        lines += [f"\n{self.reason}"] if self.reason else []
        lines += [f"\nhint: {self.hint}"] if self.hint else []
        lines += [f"\nlog:  {self.log}"] if self.log else []
        return "\n".join(lines) + "\n"

    def to_json(self) -> dict[str, object]:
        """The document `pipl-notice/1` (docs/reference/ci.md)."""
        return {"format": FORMAT, **asdict(self)}
