"""Where the flow comes from: the config entry `ci` of the project's pipeline packls."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from pipl import durable, extension
from pipl.ci import flow as ci_flow
from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import DEFAULT_FLOW, Flow
from pipl.env import python
from pipl.env.install import ALL, Installer, Resolve
from pipl.index import release
from pipl.index.client import IndexClient
from pipl.project.binding import Binding
from pipl.workspace.materialise import Place, ask_pipe, materialise

CONFIG_ENTRY = "ci"
_CACHE_FORMAT = "pipl-ci-config/1"


@dataclass(frozen=True)
class SourcedFlow:
    """A flow and, for people, where it comes from."""

    flow: Flow
    origin: str


class FlowSource(Protocol):
    """Says which flow the runner follows."""

    def concerns(self, event: ReleaseEvent) -> bool:
        """Whether this event may change the flow."""

    def load(self, client: IndexClient) -> SourcedFlow:
        """The flow as of now. Raises InvalidFlow, Unresolvable, ServerDown."""


@dataclass(frozen=True)
class FixedFlow:
    """A flow that never changes."""

    flow: Flow = DEFAULT_FLOW

    def concerns(self, event: ReleaseEvent) -> bool:
        return False

    def load(self, client: IndexClient) -> SourcedFlow:
        return SourcedFlow(self.flow, "given")


@dataclass(frozen=True)
class Pipeline:
    """The flow of the packls `names`, asked in an environment of their newest releases.

    The environment lies in `folder`; what it said is kept beside it, and asked again only
    when a packl has moved.
    """

    names: tuple[str, ...]
    folder: Path
    binding: Binding
    installer: Installer
    environ: Mapping[str, str]

    def concerns(self, event: ReleaseEvent) -> bool:
        names = {canonicalize_name(name) for name in self.names}
        return event.index == str(self.binding.index) and canonicalize_name(event.project) in names

    def load(self, client: IndexClient) -> SourcedFlow:
        if not self.names:
            return SourcedFlow(DEFAULT_FLOW, "the default, as the project names no pipeline")
        newest = {
            name: release.latest(client.releases(self.binding.index, name)) for name in self.names
        }
        missing = sorted(name for name, found in newest.items() if found is None)
        if missing:
            waiting = f"as {self.binding.index} holds no {', '.join(missing)} yet"
            return SourcedFlow(DEFAULT_FLOW, f"the default, {waiting}")
        pins = tuple(f"{name}=={found.version}" for name, found in newest.items() if found)
        config = self._config(pins)
        origin = ", ".join(pins)
        if config is None:
            return SourcedFlow(DEFAULT_FLOW, f"the default, as {origin} has no `ci` config")
        handlers = tuple(extension.ci_handlers())
        return SourcedFlow(ci_flow.parse(config, handlers=handlers), origin)

    def _config(self, pins: tuple[str, ...]) -> object:
        cache = self.folder / "config.json"
        known = _read_cache(cache)
        if known is not None and known["pins"] == list(pins):
            return known["config"]
        interpreter = python.find(None, SpecifierSet())
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = self.installer.resolve(
            Resolve(
                requirements=pins,
                root=self.folder,
                index_url=self.binding.index_url,
                python=interpreter,
                upgrade=ALL,
            )
        )
        place = Place(self.folder, self.binding, self.environ)
        environment = materialise(place, lock, interpreter, self.installer)
        configs = ask_pipe(environment, ["describe"], self.environ)["config"]
        config = configs.get(CONFIG_ENTRY) if isinstance(configs, dict) else None
        known = {"format": _CACHE_FORMAT, "pins": list(pins), "config": config}
        durable.write_text(cache, json.dumps(known, indent=1) + "\n")
        return config


def _read_cache(path: Path) -> dict[str, object] | None:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    fits = isinstance(known, dict) and known.get("format") == _CACHE_FORMAT
    return known if fits and known.keys() >= {"pins", "config"} else None
