"""The index type `pipl`: a name that exists in the project never resolves from a mirror."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from devpi_server.model import BaseStage, BaseStageCustomizer, ensure_acl_list
from packaging.utils import canonicalize_name

INDEX_TYPE = "pipl"
READERS = "acl_pkg_read"
"""Key of an index: who may download its files, and on the project's index the assets."""
_MIRROR = "mirror"


class ReservingCustomizer(BaseStageCustomizer):
    """An ordinary stage whose mirrors never answer for a name that the project has.

    devpi holds a mirror back only for names on the indexes that are inherited. Here every
    private index of the server reserves its names: what somebody has published to one stage
    cannot be had from the public index through another, before it is promoted or by mistake
    (dependency confusion). Nor is the mirrored index asked about such a name.
    """

    def get_projects_filter_iter(self, projects: Iterable[str]) -> Iterator[bool] | None:
        """Hide the names that are reserved, and on none of the indexes inherited.

        With them hidden devpi does not look at the mirrors. For a name on an inherited index
        it does not either, since `validate_config` admits no mirror whitelist.
        """
        hidden = self._reserved_elsewhere()
        if not hidden:
            return None
        return (canonicalize_name(name) not in hidden for name in projects)

    def get_versions_filter_iter(
        self, project: str, versions: Iterable[str]
    ) -> Iterator[bool] | None:
        """Drop the versions that only mirrors have (a base may whitelist the name)."""
        if not self._reserves(project):
            return None
        own = {
            version
            for stage in self._private_bases()
            if stage.has_project_perstage(project)
            for version in stage.list_versions_perstage(project)
        }
        return (version in own for version in versions)

    def get_simple_links_filter_iter(
        self, project: str, links: Iterable[object]
    ) -> Iterator[bool] | None:
        """Drop the links that come from mirrors (a base may whitelist the name)."""
        if not self._reserves(project):
            return None
        own = tuple(f"{stage.name}/" for stage in self._private_bases())
        return (str(getattr(link, "href", "")).lstrip("/").startswith(own) for link in links)

    def get_possible_indexconfig_keys(self) -> tuple[str, ...]:
        return (READERS,)

    def normalize_indexconfig_value(self, key: str, value: Any) -> list[str] | None:
        if key != READERS:
            return None
        names: list[str] = ensure_acl_list(value)  # type: ignore[no-untyped-call]
        return names

    def get_principals_for_pkg_read(self, restrict_modify: Any = None) -> set[str]:
        """Everybody, unless readers are named: then they, who may upload, and who administers."""
        readers = self.stage.ixconfig.get(READERS)
        everybody: set[str] = super().get_principals_for_pkg_read(  # type: ignore[no-untyped-call]
            restrict_modify=restrict_modify
        )
        if readers is None:
            return everybody
        uploaders = self.stage.ixconfig.get("acl_upload", [])
        named = {name for name in uploaders if not name.startswith(":")}
        return (everybody - {":ANONYMOUS:"}) | set(readers) | named

    def validate_config(
        self, oldconfig: Mapping[str, object], newconfig: Mapping[str, object]
    ) -> None:
        if newconfig.get("mirror_whitelist"):
            raise self.InvalidIndexconfig(  # type: ignore[attr-defined]  # devpi sets it on the class
                [f"an index of type '{INDEX_TYPE}' takes no mirror_whitelist"]
            )

    def _private_bases(self) -> list[BaseStage]:
        """The index itself and what it inherits from, without mirrors."""
        return [stage for stage in _resolution_order(self.stage) if not is_mirror(stage)]

    def _reserves(self, project: str) -> bool:
        name = canonicalize_name(project)
        return any(name in _names(stage) for stage in private_indexes(self.stage.model))

    def _reserved_elsewhere(self) -> set[str]:
        """Names that the project has, but none of the indexes inherited."""
        here = self._private_bases()
        known = {stage.name for stage in here}
        elsewhere = [
            stage for stage in private_indexes(self.stage.model) if stage.name not in known
        ]
        found = {name for stage in elsewhere for name in _names(stage)}
        return {name for name in found if not any(name in _names(stage) for stage in here)}


def private_indexes(model: Any) -> Iterator[BaseStage]:
    """Every index of the server that is no mirror. (devpi's model is typed in parts only.)"""
    for user in model.get_userlist():
        for other in user.getstages():
            if not is_mirror(other):
                yield other


def _resolution_order(stage: Any) -> Iterator[BaseStage]:
    yield from stage.sro()


def _names(stage: BaseStage) -> Collection[str]:
    """The projects on an index itself, normalised."""
    return stage.list_projects_perstage()


def is_mirror(stage: BaseStage) -> bool:
    """Whether an index shows what another server holds."""
    return bool(stage.ixconfig["type"] == _MIRROR)
