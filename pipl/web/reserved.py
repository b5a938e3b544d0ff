"""The index type `pipl`: a name that exists in the project never resolves from a mirror."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from devpi_server.model import BaseStage, BaseStageCustomizer
from packaging.utils import canonicalize_name

INDEX_TYPE = "pipl"
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

    def validate_config(
        self, oldconfig: Mapping[str, object], newconfig: Mapping[str, object]
    ) -> None:
        if newconfig.get("mirror_whitelist"):
            raise self.InvalidIndexconfig(  # type: ignore[attr-defined]  # devpi sets it on the class
                [f"an index of type '{INDEX_TYPE}' takes no mirror_whitelist"]
            )

    def _private_bases(self) -> list[BaseStage]:
        """The index itself and what it inherits from, without mirrors."""
        return [stage for stage in _resolution_order(self.stage) if not _is_mirror(stage)]

    def _reserves(self, project: str) -> bool:
        name = canonicalize_name(project)
        return any(name in _names(stage) for stage in private_indexes(self.stage))

    def _reserved_elsewhere(self) -> set[str]:
        """Names that the project has, but none of the indexes inherited."""
        here = self._private_bases()
        known = {stage.name for stage in here}
        elsewhere = [stage for stage in private_indexes(self.stage) if stage.name not in known]
        found = {name for stage in elsewhere for name in _names(stage)}
        return {name for name in found if not any(name in _names(stage) for stage in here)}


def private_indexes(stage: BaseStage) -> Iterator[BaseStage]:
    """Every index of the server that is no mirror."""
    model: Any = stage.model  # devpi's model is typed in parts only
    for user in model.get_userlist():
        for other in user.getstages():
            if not _is_mirror(other):
                yield other


def _resolution_order(stage: Any) -> Iterator[BaseStage]:
    yield from stage.sro()


def _names(stage: BaseStage) -> Collection[str]:
    """The projects on an index itself, normalised."""
    return stage.list_projects_perstage()


def _is_mirror(stage: BaseStage) -> bool:
    return bool(stage.ixconfig["type"] == _MIRROR)
