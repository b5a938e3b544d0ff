"""What lies beyond a store: a remote that is opened only where it is needed."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Callable, Optional, Tuple, TypeVar

from pipl_pipe.asset.remote import PLAIN, Remote, Transfer
from pipl_pipe.errors import StoreUnreachable

T = TypeVar("T")


@dataclass
class Source:
    """A remote that is opened when it is first needed; `name` is what messages call it.

    One that did not answer is not asked again for `rest_s` seconds: each asset of a view would
    wait for it anew.
    """

    name: str
    open: Callable[[], Remote]
    transfer: Transfer = PLAIN
    rest_s: float = 30.0
    clock: Callable[[], float] = time.monotonic
    _opened: Optional[Remote] = None
    _opening: threading.Lock = field(default_factory=threading.Lock)
    _down: Optional[Tuple[float, StoreUnreachable]] = None

    @property
    def remote(self) -> Remote:
        """Raises StoreUnreachable, StoreForbidden, LibraryMissing, InvalidBucket."""
        with self._opening:
            if self._opened is None:
                self._opened = self.open()
            return self._opened

    def asked(self, question: Callable[[Remote], T]) -> T:
        """The answer to a question. Raises as `remote` does, and what the question raises."""
        if self._down is not None and self.clock() < self._down[0]:
            raise self._down[1]
        try:
            return question(self.remote)
        except StoreUnreachable as fault:
            self._down = (self.clock() + self.rest_s, fault)
            raise

    def close(self) -> None:
        with self._opening:
            if self._opened is not None:
                self._opened.close()
                self._opened = None
