"""Promotion: the files of a release, as they are, on the next index."""

from __future__ import annotations

from pipl.ci.flow import Stage
from pipl.ci.run import Outcome, Run
from pipl.index.client import IndexClient
from pipl_pipe.errors import DesignedError


def promote(run: Run, stage: Stage | None, client: IndexClient) -> Outcome:
    """Push the release of a run on; what the next index holds already is left as it is.

    The server does the work, and doing it twice changes nothing.
    """
    if stage is None or stage.promote is None:
        return Outcome.cancelled(f"the flow promotes nothing from {run.index} any more")
    try:
        client.push(client.release(run.index, run.project, run.version), stage.promote)
    except DesignedError as fault:
        return Outcome.of_error(fault)
    return Outcome.passed(f"now on {stage.promote}")
