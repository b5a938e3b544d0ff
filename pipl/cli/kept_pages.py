"""The simple pages of our indexes that are kept on this machine, as installers read them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pipl.errors import InvalidIndexName
from pipl.index import nearby
from pipl.index.name import IndexName

if TYPE_CHECKING:
    from pipl.cli.here import Here


@dataclass(frozen=True)
class KeptPages:
    """See `install.Nearby`; of an index that is not of a devpi server there are none."""

    here: Here

    def __call__(self, index_url: str) -> str | None:
        origin, index = _parts(index_url)
        if index is None:
            return None
        cache = self.here.cache_folder
        folder = self.here.asked(origin, lambda client: nearby.folder(client, index, cache))
        return None if folder is None else folder.absolute().as_uri()

    def forget(self, index_url: str) -> None:
        origin, index = _parts(index_url)
        if index is not None:
            nearby.forget(origin, index, self.here.cache_folder)


def _parts(index_url: str) -> tuple[str, IndexName | None]:
    """The root of the server, and the index's name."""
    from pipl.env.lock import origin_of

    origin = origin_of(index_url)
    path = index_url.removeprefix(origin).partition("/+")[0]
    try:
        return origin, IndexName.parse(path.strip("/"))
    except InvalidIndexName:
        return origin, None
