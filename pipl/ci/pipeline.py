"""Where the flow comes from: the config entry `ci` of the project's pipeline packls."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from packaging.utils import canonicalize_name

from pipl import durable, extension
from pipl.ci import flow as ci_flow
from pipl.ci.event import ReleaseEvent
from pipl.ci.flow import DEFAULT_FLOW, Flow
from pipl.env import python
from pipl.env.install import ALL, Installer, Resolve
from pipl.errors.base import FrameworkError
from pipl.errors.ci import InvalidFlow
from pipl.errors.server import ServerError
from pipl.index import release
from pipl.index.client import IndexClient
from pipl.project.binding import Binding
from pipl.workspace.materialise import ask_pipe, materialise
from pipl.workspace.place import Place
from pipl_pipe.errors import DesignedError
from pipl_pipe.extension import CONFIG_GROUP

CONFIG_ENTRY = "ci"
_CACHE = "config.json"
_CACHE_FORMAT = "pipl-ci-config/1"


@dataclass(frozen=True)
class SourcedFlow:
    """A flow and, for people, where it comes from.

    `problem` is why it is an older one than it should be.
    """

    flow: Flow
    origin: str
    problem: DesignedError | None = None


class FlowSource(Protocol):
    """Says which flow the runner follows."""

    def concerns(self, event: ReleaseEvent) -> bool:
        """Whether this event may change the flow."""

    def moved(self) -> bool:
        """Whether something else than an event may have changed the flow since it was loaded."""

    def load(self, client: IndexClient) -> SourcedFlow:
        """The flow as of now. Raises InvalidFlow, Unresolvable, ServerDown."""


@dataclass(frozen=True)
class FixedFlow:
    """A flow that never changes."""

    flow: Flow = DEFAULT_FLOW

    def concerns(self, event: ReleaseEvent) -> bool:
        return False

    def moved(self) -> bool:
        return False

    def load(self, client: IndexClient) -> SourcedFlow:
        return SourcedFlow(self.flow, "given")


class Pipeline:
    """The flow of the packls that `names` gives, asked in an environment of their newest releases.

    The environment lies in `folder`; its last usable answer is kept beside it. It is asked
    again only when a packl has moved, and stays in force where the new answer is not usable.
    The answer that is kept in `besides` serves as well, while it is that of the newest releases.
    """

    def __init__(
        self,
        names: Callable[[], tuple[str, ...]],
        folder: Path,
        binding: Binding,
        installer: Installer,
        environ: Mapping[str, str],
        *,
        besides: Path | None = None,
    ) -> None:
        self._names = names
        self._loaded: tuple[str, ...] = ()
        self.folder = folder
        self.binding = binding
        self.installer = installer
        self.environ = environ
        self.besides = besides

    def concerns(self, event: ReleaseEvent) -> bool:
        names = {canonicalize_name(name) for name in self._loaded}
        return event.index == str(self.binding.index) and canonicalize_name(event.project) in names

    def moved(self) -> bool:
        return self._names() != self._loaded

    def load(self, client: IndexClient) -> SourcedFlow:
        names = self._loaded = self._names()
        if not names:
            return SourcedFlow(DEFAULT_FLOW, "the default, as the project names no pipeline")
        newest = {name: release.latest(client.releases(self.binding.index, name)) for name in names}
        missing = sorted(name for name, found in newest.items() if found is None)
        if missing:
            waiting = f"as {self.binding.index} holds no {', '.join(missing)} yet"
            return SourcedFlow(DEFAULT_FLOW, f"the default, {waiting}")
        pins = tuple(f"{name}=={found.version}" for name, found in newest.items() if found)
        known = _read_cache(self.folder)
        others = None if self.besides is None else _read_cache(self.besides)
        for kept in (known, others):
            if kept is not None and kept.pins == pins:
                return kept.flow()
        try:
            answer = Answer(pins, self._ask(pins))
            sourced = answer.flow()
        except ServerError:
            raise
        except DesignedError as fault:
            if known is None or known.names != names:
                raise
            return replace(known.flow(), problem=fault)
        _write_cache(self.folder, answer)
        return sourced

    def _ask(self, pins: tuple[str, ...]) -> object:
        """The `ci` config of these releases, None where they have none.

        Raises Unresolvable, InstallFailed, FrameworkError (such as where it does not load).
        """
        interpreter = python.find()
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
        answer = ask_pipe(environment, ["describe"], self.environ)
        for fault in _tables(answer.get("broken")):
            if (fault.get("group"), fault.get("name")) == (CONFIG_GROUP, CONFIG_ENTRY):
                hint = "correct it and publish it with a new version"
                raise FrameworkError(str(fault.get("code")), str(fault.get("message")), hint)
        configs = answer.get("config")
        return configs.get(CONFIG_ENTRY) if isinstance(configs, dict) else None


@dataclass(frozen=True)
class Answer:
    """The `ci` config that the releases `pins` have, None for none."""

    pins: tuple[str, ...]
    config: object

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(pin.partition("==")[0] for pin in self.pins)

    def flow(self) -> SourcedFlow:
        """Raises InvalidFlow."""
        origin = ", ".join(self.pins)
        if self.config is None:
            return SourcedFlow(DEFAULT_FLOW, f"the default, as {origin} has no `ci` config")
        handlers = tuple(extension.ci_handlers())
        notifiers = tuple(extension.ci_notifiers())
        flow = ci_flow.parse(self.config, handlers=handlers, notifiers=notifiers)
        return SourcedFlow(flow, origin)


def _read_cache(folder: Path) -> Answer | None:
    """The last answer that was usable."""
    try:
        known = json.loads((folder / _CACHE).read_text(encoding="utf-8"))
        answer = Answer(tuple(known["pins"]), known["config"])
        usable = known["format"] == _CACHE_FORMAT and answer.flow()
    except (OSError, ValueError, KeyError, TypeError, InvalidFlow):
        return None
    return answer if usable else None


def _write_cache(folder: Path, answer: Answer) -> None:
    known = {"format": _CACHE_FORMAT, "pins": list(answer.pins), "config": answer.config}
    durable.write_text(folder / _CACHE, json.dumps(known, indent=1) + "\n")


def _tables(value: object) -> list[Mapping[str, object]]:
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
