"""The services of this interpreter: made on first use, then kept.

A `pipl_pipe.services` entry point names a factory that takes the config entry of the service's
own name (None where there is none).
"""

from __future__ import annotations

import contextlib
from typing import Any, Dict, Iterator, Optional, Tuple

from pipl_pipe.errors import PipeError
from pipl_pipe.extension import Loaded, extensions

GROUP = "pipl_pipe.services"
_CONFIG = "config"
_made: Dict[str, Any] = {}


def get(name: str) -> Any:
    """The named service.

    Raises UnknownExtension, AmbiguousExtension, and BrokenExtension for a factory that fails;
    the framework's own errors, such as NoContext, pass through.
    """
    if name not in _made:
        extension = extensions(GROUP)[name]
        factory = extension.load()
        given = _config_of(name)
        try:
            _made[name] = factory(given)
        except PipeError:
            raise
        except Exception as fault:  # foreign code
            raise extension.broken(f"{type(fault).__name__}: {fault}") from fault
    return _made[name]


def names() -> Tuple[str, ...]:
    """Every registered service, working or not."""
    return tuple(sorted({*extensions(GROUP), *_made}))


def broken() -> Tuple[PipeError, ...]:
    """Services whose factory cannot be loaded; none is made."""
    return Loaded(extensions(GROUP), extra={}, check=lambda factory: "").working()[1]


def forget() -> None:
    """Make every service anew on its next use."""
    _made.clear()


@contextlib.contextmanager
def replaced(name: str, service: Any) -> Iterator[Any]:
    """Within the block the named service is this object (for tests)."""
    before = dict(_made)
    _made[name] = service
    try:
        yield service
    finally:
        _made.clear()
        _made.update(before)


def _config_of(name: str) -> Optional[Dict[str, Any]]:
    """The config entry handed to the factory; the config service itself starts from nothing."""
    if name == _CONFIG:
        return None
    given: Optional[Dict[str, Any]] = get(_CONFIG).get(name)
    return given
