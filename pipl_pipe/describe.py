"""What the packls of this interpreter provide, as plain values for `python -m pipl_pipe`."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Any, Dict, Iterable, List, Mapping

from pipl_pipe import context, envset, registry
from pipl_pipe.asset import reference as references
from pipl_pipe.asset import service, view
from pipl_pipe.asset.reference import Reference
from pipl_pipe.asset.types import asset_types
from pipl_pipe.config import Config
from pipl_pipe.distributions import here
from pipl_pipe.editor.editor import editors
from pipl_pipe.errors import PipeError, UnknownAsset, UnknownExtension
from pipl_pipe.extension import CONFIG_GROUP, Loaded, extensions
from pipl_pipe.names import normalised
from pipl_pipe.product import installed, verify
from pipl_pipe.product.make import Made
from pipl_pipe.product.product import GROUP as PRODUCTS
from pipl_pipe.product.product import product_types
from pipl_pipe.task.installed import tasks
from pipl_pipe.task.task import Task, task_types

Answer = Dict[str, Any]


def everything() -> Answer:
    """All that is registered. What is broken is named with its distribution, the rest works."""
    config, broken = Config(extensions(CONFIG_GROUP)).working()
    faults: List[PipeError] = [*here().broken, *broken, *registry.broken()]
    types = {
        "asset_types": _types(asset_types(), faults),
        "product_types": _types(product_types(), faults),
        "task_types": _types(task_types(), faults),
    }
    for row in types["asset_types"]:
        row["chunked"] = asset_types()[row["name"]].chunked
    found, broken = tasks().working()
    faults += broken
    content, broken = installed.product_assets()
    faults += [*broken, *installed.products().working()[1]]
    return {
        "config": config,
        "services": list(registry.names()),
        "tasks": [_task(one) for one in found.values()],
        "products": [
            {
                "name": package,
                "type": one.type,
                "version": one.version,
                "distribution": normalised(package),
                "assets": [_reference(reference) for reference in one.assets],
            }
            for package, one in sorted(content.items())
        ],
        "editors": _editors(faults),
        **types,
        "broken": _broken(faults),
    }


def env() -> Answer:
    """The env sets' changes in the order in which they apply."""
    operations, broken = envset.operations(context.current())
    return {"env": [asdict(one) for one in operations], "broken": _broken(broken)}


def settle(*, lay: bool = False) -> Answer:
    """What pipl needs to know of this environment, in one answer.

    That is what `env` says, the installed products' assets, and the places of the asset store;
    `store` names the distribution of the store that a packl put in place of the built-in one,
    `problem` says why the places are not known.
    Then, or with `lay`, the asset view is laid here; else pipl lays it. `fixed` says that the
    same packls and variables will give the same answer again.
    """
    content, broken = installed.product_assets()
    report = env()
    faults = list(broken)
    places, store, problem = None, "", ""
    try:
        store = service.replaced_by()
        places = None if store else service.current_places().to_json()
    except PipeError as fault:
        faults.append(fault)
        problem = str(fault)
    answer = {
        "env": report["env"],
        "products": [
            {"package": package, "content": json.loads(references.render(one))}
            for package, one in sorted(content.items())
        ],
        "places": places,
        "store": store,
        "problem": problem,
        "fixed": not store and _are_fixed(),
    }
    placed = installed.placed(content)
    if (lay or store) and (placed or (context.current().assets / view.RECORD).exists()):
        laid = view.lay(context.current().assets, placed, registry.get("asset_store"))
        answer.update(laid=list(laid.laid), kept=list(laid.kept), removed=list(laid.removed))
    return {**answer, "broken": [*report["broken"], *_broken(faults)]}


def _are_fixed() -> bool:
    """Whether env sets, configs and services will be the same while the same is installed."""
    configs, services = extensions(CONFIG_GROUP), extensions(registry.GROUP)
    try:
        are_ours = all(services[name].distribution == "pipl-pipe" for name in services)
        return (
            are_ours
            and envset.are_data()
            and not any(callable(configs[name].load()) for name in configs)
        )
    except PipeError:
        return False


def assets() -> Answer:
    """The assets of the installed products; `view` says where the asset view shows each."""
    content, broken = installed.product_assets()
    rows = [
        {
            "product": package,
            "version": one.version,
            "view": f"{package}/{reference.basename}",
            **_reference(reference),
        }
        for package, one in sorted(content.items())
        for reference in one.assets
    ]
    return {"assets": rows, "broken": _broken(broken)}


def asset_path(product: str, name: str) -> Answer:
    """Raises UnknownExtension, UnknownAsset, AssetMissing."""
    content, _ = installed.product_assets()
    package = normalised(product).replace("-", "_")
    found = content.get(product) or content.get(package)
    if found is None:
        raise UnknownExtension(PRODUCTS, product, tuple(sorted(content)))
    named = {one.name: one for one in found.assets}
    if name not in named:
        raise UnknownAsset(product, name, tuple(sorted(named)))
    key = product if product in content else package
    return {"path": str(registry.get("asset_store").path(key, named[name]))}


def asset_add(path: Path, product: str, link: bool = False) -> Answer:
    """With `link` the path is given up to the store. Raises AssetRefused, StoreFull, …."""
    stored = registry.get("asset_store").add(path, product=product, link=link)
    return {"revision": stored.revision, "size": stored.size}


def copy_assets(destination: Path) -> Answer:
    """Copy every asset, as in the asset view, to a folder of its own."""
    content, broken = installed.product_assets()
    placed = installed.placed(content)
    laid = view.lay(destination, placed, registry.get("asset_store"), link=False)
    return {
        "destination": str(destination),
        "copied": len(laid.laid),
        "kept": len(laid.kept),
        "broken": _broken(broken),
    }


def verify_wheels(wheels: List[Path]) -> Answer:
    """Raises AssetMissing, AssetDamaged, InvalidProduct."""
    return {"verified": verify.verify(wheels, registry.get("asset_store"))}


def made(product: Made) -> Answer:
    """A product wheel that processing wrote."""
    return {
        "name": product.package,
        "distribution": product.distribution,
        "version": product.version,
        "type": product.type,
        "wheel": str(product.wheel),
        "sha256": product.sha256,
        "assets": [_reference(one) for one in product.assets],
    }


def _task(task: Task) -> Answer:
    try:
        version = task.version
    except PipeError:
        version = ""
    return {
        "name": task.name,
        "type": task.type_name,
        "version": version,
        "distribution": task.distribution,
        "commands": [
            {"name": one.name, "script": one.script, "help": one.help}
            for one in task.commands.values()
        ],
    }


def _types(found: Loaded[Any], faults: List[PipeError]) -> List[Answer]:
    working, broken = found.working()
    faults += broken
    return [
        {
            "name": name,
            "distribution": found.distribution(name),
            "summary": (kind.__doc__ or "").strip().partition("\n")[0],
        }
        for name, kind in working.items()
    ]


def _editors(faults: List[PipeError]) -> List[Answer]:
    found = editors()
    working, broken = found.working()
    faults += broken
    return [
        {
            "name": name,
            "distribution": found.distribution(name),
            "opens": list(one.opens),
            "gui": one.gui,
        }
        for name, one in working.items()
    ]


def _reference(reference: Reference) -> Mapping[str, Any]:
    return asdict(reference)


def _broken(faults: Iterable[PipeError]) -> List[Answer]:
    return [
        {"code": one.code, "message": str(one), "hint": one.advice, **one.fields} for one in faults
    ]
