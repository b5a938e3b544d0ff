"""The assets of an environment's products and where they may be, as it said when last settled.

pipl lays the asset view from that with its own copy of the framework, which has the libraries of
every remote; only a store that a packl put in place of the built-in one needs the environment.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipl import durable
from pipl.env.environment import Environment
from pipl.errors.asset import StoreMisconfigured, StoreReplaced
from pipl.errors.base import FrameworkError
from pipl.errors.env import EnvironmentDamaged, NotInstalled
from pipl.progress import SILENT, Counted, Progress
from pipl_pipe.errors import PipeError

if TYPE_CHECKING:
    from pipl.workspace.place import Place
    from pipl_pipe.asset.places import Places
    from pipl_pipe.asset.reference import ProductAssets

NAME = "pipl-assets.json"
"""In the environment's root."""
KEYS = ("places", "store", "problem", "products")


@dataclass(frozen=True)
class Product:
    """A product that is installed: its package, and what it refers to."""

    package: str
    content: ProductAssets


def write(environment: Environment, report: Mapping[str, object] | None) -> None:
    """Keep what a report of `settle` says of assets; None: no packl has anything to say."""
    path = environment.folder / NAME
    if report is None:
        path.unlink(missing_ok=True)
        return
    kept = {key: report[key] for key in KEYS if key in report}
    durable.write_text(path, json.dumps(kept, indent=1, sort_keys=True) + "\n")


def places_of(environment: Environment, environ: Mapping[str, str]) -> Places:
    """Where the assets of an environment's workspace may be.

    Raises NotInstalled, StoreReplaced, StoreMisconfigured, EnvironmentDamaged, InvalidContext.
    """
    from pipl_pipe import context
    from pipl_pipe.asset import places
    from pipl_pipe.asset.places import config as place_config

    if not environment.exists():
        raise NotInstalled(str(environment.folder.parent))
    report = _read(environment)
    if report is None:
        here = context.read(environment.folder / context.NAME)
        return place_config.parse({}, here, environ)
    workspace = str(environment.folder.parent)
    if report.get("store"):
        raise StoreReplaced(workspace, str(report["store"]))
    if report.get("places") is None:
        reason = report.get("problem") or "it was synced with an older framework"
        raise StoreMisconfigured(workspace, str(reason))
    try:
        return places.from_json(report["places"])
    except PipeError as fault:
        raise EnvironmentDamaged(str(environment.folder / NAME), str(fault)) from fault


def assets_of(environment: Environment) -> tuple[Product, ...]:
    """The products that are installed in an environment, by package.

    Raises NotInstalled, EnvironmentDamaged.
    """
    if not environment.exists():
        raise NotInstalled(str(environment.folder.parent))
    path = environment.folder / NAME
    if not path.exists():
        return ()
    from pipl_pipe.asset import reference  # slow to import, and without products none is needed

    found = []
    try:
        for one in (_read(environment) or {}).get("products", ()):
            package = str(one["package"])
            content = reference.parse(json.dumps(one["content"]), product=package)
            found.append(Product(package, content))
    except (PipeError, TypeError, KeyError) as fault:
        raise EnvironmentDamaged(str(path), f"{type(fault).__name__}: {fault}") from fault
    return tuple(found)


def is_laid_here(place: Place) -> bool:
    """Whether there may be an asset view for pipl to lay, and not for the environment itself."""
    report = _read(place.environment)
    if report is not None and not report.get("places") and not report.get("problem"):
        return False
    return bool((report or {}).get("products")) or _is_laid(place)


def _is_laid(place: Place) -> bool:
    return (place.assets / ".view.json").exists()


def lay(place: Place, *, progress: Progress = SILENT) -> None:
    """Make the asset view of a place show what its environment said.

    Raises StoreMisconfigured, and FrameworkError, such as for an asset that no place holds.
    """
    if not is_laid_here(place):
        return
    products = assets_of(place.environment)
    if not any(one.content.assets for one in products) and not _is_laid(place):
        return
    from pipl_pipe.asset import view
    from pipl_pipe.asset.places import opened
    from pipl_pipe.asset.view import Placed

    places = places_of(place.environment, place.environ)
    progress.phase("laying the asset view")
    counted = Counted(progress)
    shown = [Placed(one.package, asset) for one in products for asset in one.content.assets]
    try:
        with opened(places, counted) as store:
            view.lay(place.assets, shown, store, progress=counted)
    except PipeError as fault:
        raise FrameworkError(fault.code, str(fault), fault.advice) from fault


def _read(environment: Environment) -> dict[str, Any] | None:
    """The kept part of the report, None where no packl had anything to say."""
    path = environment.folder / NAME
    try:
        report = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as fault:
        raise EnvironmentDamaged(str(path), str(fault)) from fault
    if not isinstance(report, dict):
        raise EnvironmentDamaged(str(path), "it is no table")
    return report
