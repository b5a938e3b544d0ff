"""Reading many objects again, on all cores and in bounded memory."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice

from pipl_pipe.asset import digest as digests
from pipl_pipe.asset.digest import Digest
from pipl_pipe.asset.objects import Objects

_TOGETHER = 64
"""So many objects are one piece of work: starting one costs more than reading a small file."""
_WAITING = 4


def compared(
    objects: Objects, wanted: Iterable[tuple[Digest, int]]
) -> Iterator[tuple[Digest, int, str]]:
    """Each object with its size as given, and what is wrong with its content ("": nothing).

    One that is not there any more counts as sound: it was collected meanwhile.
    """
    cores = os.cpu_count() or 1
    remaining = iter(wanted)
    with ThreadPoolExecutor(cores) as pool:
        waiting: list[Future[list[tuple[Digest, int, str]]]] = []
        try:
            while True:
                together = list(islice(remaining, _TOGETHER))
                if together:
                    waiting.append(pool.submit(_compare, objects, together))
                if not waiting:
                    return
                if not together or len(waiting) >= cores * _WAITING:
                    yield from waiting.pop(0).result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _compare(objects: Objects, wanted: list[tuple[Digest, int]]) -> list[tuple[Digest, int, str]]:
    return [(digest, size, _problem(objects, digest)) for digest, size in wanted]


def _problem(objects: Objects, digest: Digest) -> str:
    try:
        found = digests.of_file(objects.path(digest), digest.algorithm)
    except FileNotFoundError:
        return ""
    except OSError as fault:
        return f"it cannot be read: {fault.strerror}"
    return "" if found == digest else f"its content has digest {found}"
