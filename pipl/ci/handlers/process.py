"""Process: run a task in a clean workspace and put its products on an index."""

from __future__ import annotations

import json
from pathlib import Path

from packaging.specifiers import SpecifierSet

from pipl.build import wheel
from pipl.ci import outbox, products, workplace
from pipl.ci.handler import Job
from pipl.ci.products import Delivery, TaskFile
from pipl.ci.run import Outcome
from pipl.errors import InvalidFlow, InvalidWheel

def handle(job: Job) -> Outcome:
    """Make the products of a task's release, once, and deliver them.

    What the task has made is kept in the run's outbox before anything is uploaded, so that
    later attempts deliver the very same files.
    """
