"""What is on the disk for a template: only folders that can hold matches are listed."""

from __future__ import annotations

from typing import Any, Iterator, Mapping

from pipl_pipe.path.compiled import Compiled


def search(
    compiled: Compiled, root: str, given: Mapping[str, Any], *, optional: bool = True
) -> Iterator[str]:
    """Paths below `root` (a folder's path, without trailing slash) that exist, in no order.

    Keys in `given` have these values; all others any. Without `optional`, a section stands
    only where the values of its keys are given.
    """
