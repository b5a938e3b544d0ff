"""The simple pages of our indexes that are kept on this machine, as installers read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipl.env.install import NearbyIndex
from pipl.env.lock import origin_of
from pipl.errors.usage import InvalidIndexName
from pipl.index import nearby
from pipl.index.name import IndexName

if TYPE_CHECKING:
    from pipl.cli.here import Here
    from pipl.index.nearby import Kept


class KeptPages:
    """See `install.Nearby`; of an index that is not of a devpi server there are none."""

    def __init__(self, here: Here) -> None:
        self._here = here

    def seen(self, index_url: str) -> NearbyIndex | None:
        origin, index = _parts(index_url)
        if index is None:
            return None
        return shown(origin, nearby.seen(origin, index, self._here.cache_folder))

    def current(self, index_url: str) -> NearbyIndex | None:
        origin, index = _parts(index_url)
        if index is None:
            return None
        cache = self._here.cache_folder
        kept = self._here.asked(origin, lambda client: nearby.current(client, index, cache))
        return shown(origin, kept)

    def forget(self, index_url: str) -> None:
        origin, index = _parts(index_url)
        if index is not None:
            nearby.forget(origin, index, self._here.cache_folder)


def shown(origin: str, kept: Kept | None) -> NearbyIndex | None:
    """Kept pages of the server at `origin`, as an index to read."""
    if kept is None:
        return None
    mark = kept.mark
    return NearbyIndex(
        url=kept.folder.absolute().as_uri(),
        state=f"{mark.feed} {mark.serial} {mark.mirrors}",
        shown=frozenset(f"{origin}/{source}/+simple/" for source in mark.sources),
        whole=mark.mirrors == (),
    )


def _parts(index_url: str) -> tuple[str, IndexName | None]:
    """The root of the server, and the index's name."""
    origin = origin_of(index_url)
    path = index_url.removeprefix(origin).partition("/+")[0]
    try:
        return origin, IndexName.parse(path.strip("/"))
    except InvalidIndexName:
        return origin, None
