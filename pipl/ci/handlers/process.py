"""Process: run a task in a clean workspace and put its products on an index."""

from __future__ import annotations

from pipl.ci import outbox, products, workplace
from pipl.ci.handler import Job
from pipl.ci.products import Delivery, TaskFile
from pipl.ci.run import Outcome
from pipl.errors import InvalidFlow

TASKS = "pipl_pipe.tasks"


def handle(job: Job) -> Outcome:
    """Make the products of a task's release, once, and deliver them.

    What the task has made is kept in the run's outbox before anything is uploaded, so that a
    later attempt delivers the very same files. Raises what `process()` of the task was
    stopped by, ProductTaken, ProductDiffers, AssetMissing, AssetDamaged.
    """
    spec = job.spec
    if spec.products is None:
        raise InvalidFlow((f"{spec.index}: the handler 'process' needs `products`",))
    wheels = outbox.held(job.outbox)
    if wheels is None:
        wheels = outbox.fill(job.outbox, _make(job, workplace.fetch(job)))
    else:
        job.say("an earlier attempt has made the products already")
    task = TaskFile(spec.project, spec.version, spec.sha256)
    delivery = Delivery(job.client, spec.products, task)
    products.deliver(delivery, wheels, locks=spec.locks, say=job.say)
    return Outcome.passed(f"made {', '.join(path.name for path in wheels) or 'no products'}")
