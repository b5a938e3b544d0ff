"""Where `pipl asset` commands work: a workspace and its places, else the project's folder."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pipl.cli.here import Here
from pipl.cli.options import F, workspace_option
from pipl.errors.asset import NoStore
from pipl.errors.usage import NoProject, NothingSelected, SeveralAssets, UnknownSelection

if TYPE_CHECKING:
    from pipl.asset.marks.record import Record
    from pipl.asset.selection import Selected
    from pipl.index.devpi import DevpiClient
    from pipl.project.binding import Binding
    from pipl.project.folder import Project
    from pipl.workspace.folder import Workspace
    from pipl.workspace.placed import Product
    from pipl_pipe.asset.objects import Objects
    from pipl_pipe.asset.places import Places

EXIT_FAULTS = 12
"""The status of checks that found something: as of errors of the asset store."""
_WORKSPACE_MARK = ".workspace"


@dataclass(frozen=True)
class AssetsHere:
    """A workspace, or a project alone, and what the command line knows besides."""

    here: Here
    binding: Binding
    workspace: Workspace | None

    @classmethod
    def find(cls, workspace_path: str | None, project_path: str | None = None) -> AssetsHere:
        """What the options name, else the workspace around the current folder, or its project.

        Raises NoWorkspace, NoProject.
        """
        here = Here.now()
        if project_path is not None:
            return cls(here, here.project(project_path).binding, None)
        if workspace_path is None and not _in_workspace(here.cwd):
            return cls(here, _binding(here), None)
        workspace = here.workspace(workspace_path)
        return cls(here, workspace.binding, workspace)

    @property
    def project(self) -> Project:
        """Raises NoStore where this machine does not see its folder."""
        from pipl.project import folder

        if self.binding.folder is None:
            raise self._unseen
        return folder.load(self.binding.folder)

    @cached_property
    def places(self) -> Places:
        """Raises InvalidConfig, NotInstalled, …"""
        if self.workspace is not None and self.workspace.environment.exists():
            from pipl.workspace import placed

            return placed.places_of(self.workspace.environment, self.here.environ)
        from pipl_pipe.asset.places import config as place_config

        folder = self.binding.folder
        if folder is None:
            raise self._unseen
        return place_config.of_project(
            self.binding.name, folder, self.binding.url, self.here.environ
        )

    @property
    def objects(self) -> Objects:
        """The project's store itself. Raises NoStore where this machine does not see it."""
        from pipl_pipe.asset.objects import Objects

        root = self.places.store
        if root is None:
            raise self._unseen
        return Objects(root, str(root), self.places.parents)

    @property
    def _unseen(self) -> NoStore:
        return NoStore(f"of {self.binding.name}", "the project is known by its URL only")

    @property
    def near(self) -> Objects:
        """What transfers start from and arrive in: the project's store, else the cache."""
        from pipl.asset import moving

        return moving.cache_of(self.places).objects if self.places.store is None else self.objects

    def products(self) -> tuple[Product, ...]:
        """What the workspace's products reference. Raises NothingSelected, NotInstalled, …"""
        from pipl.workspace import place, placed

        if self.workspace is None:
            raise NothingSelected(str(self.here.cwd))
        place.expect_unmoved(self.workspace.environment, self.workspace.folder)
        return placed.assets_of(self.workspace.environment)

    def chosen(self, product: str | None, name: str | None) -> tuple[Selected, ...]:
        """The workspace's assets, or those of a product there; a release or a revision
        (`hero_geo==1.2.0`, `hero_geo==1.2.0/model`, `blake3:…`) of the project's.

        Raises UnknownSelection, UnknownAsset, NothingSelected.
        """
        from pipl.asset import chosen, selection

        if product is not None and name is None and "==" not in product:
            product, _, name = product.partition("/")  # as releases are written
            name = name or None

        is_elsewhere = product is not None and ("==" in product or ":" in product)
        if product is None or (self.workspace is not None and not is_elsewhere):
            return chosen.of_workspace(self.products(), product, name)
        text = product if name is None else f"{product}/{name}"
        with self.asked() as (client, record):
            return selection.find(text, client, record, self.near)

    def everything(self) -> tuple[Selected, ...]:
        """The assets of every release of the project."""
        from pipl.asset.marks import releases
        from pipl.asset.selection import Selected

        with self.asked() as (client, record):
            found = releases.of_project(client, record).releases
        return tuple(
            Selected(release.product, release.version, one)
            for release in found
            for one in release.assets
        )

    def one(self, product: str, name: str | None) -> Selected:
        """The single asset that is meant. Raises SeveralAssets, UnknownSelection, …"""
        found = self.chosen(product, name)
        if not found:
            raise UnknownSelection(product, "the product has no assets")
        if len({one.reference.revision for one in found}) > 1:
            raise SeveralAssets(product, tuple(one.label for one in found))
        return found[0]

    def expect_apart(self, destination: Path) -> None:
        """Refuse to copy into stores and asset views. Raises DestinationKept."""
        from pipl.asset import checkout

        view = self.workspace.assets if self.workspace else None
        kept = [self.places.store, self.places.cache, view]
        checkout.expect_outside(destination, filter(None, kept))

    def expect_replaceable(self, destination: Path) -> None:
        """Refuse to replace what holds a workspace, a project or a store, home or this folder.

        Raises DestinationKept.
        """
        from pipl.asset import checkout

        workspace = self.workspace.folder if self.workspace else None
        kept = [self.places.store, self.places.cache, self.binding.folder, workspace]
        kept += [Path.home(), self.here.cwd]
        checkout.expect_without(destination, filter(None, kept))

    @contextmanager
    def asked(self) -> Iterator[tuple[DevpiClient, Record]]:
        """The project's indexes, and the record of wheels looked into."""
        from pipl.asset.marks import record

        path = self.here.cache_folder / "products.sqlite3"
        with self.here.client(self.binding) as client, record.opened(path) as opened:
            yield client, opened


def place_options(command: F) -> F:
    """`-w` and `--project`: another place than the current folder's."""
    project_option = click.option(
        "--project",
        "project_path",
        default=None,
        metavar="PATH",
        help="The project's own store, without a workspace's configuration.",
    )
    return workspace_option(project_option(command))


def _in_workspace(folder: Path) -> bool:
    """Whether a workspace's mark is above, without loading what reads it."""
    return any((here / _WORKSPACE_MARK).is_file() for here in (folder, *folder.parents))


def _binding(here: Here) -> Binding:
    """The project around the current folder, else the one of its workarea."""
    try:
        return here.project(None).binding
    except NoProject:
        return here.binding()
