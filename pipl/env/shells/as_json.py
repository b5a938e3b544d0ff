"""JSON, for programs that are no shell."""

from __future__ import annotations

import json

from pipl.env.shells.changes import Changes


class Json:
    name = "json"
    suffixes: tuple[str, ...] = ("",)

    def statements(self, changes: Changes) -> str:
        return json.dumps(_plain(changes), indent=1) + "\n"

    def activation(self, changes: Changes, back: Changes, prompt: str) -> str:
        document = {**_plain(changes), "back": _plain(back), "prompt": prompt}
        return json.dumps(document, indent=1) + "\n"


def _plain(changes: Changes) -> dict[str, object]:
    return {
        "set": dict(changes.set),
        "unset": list(changes.unset),
        "aliases": dict(changes.aliases),
        "scripts": list(changes.scripts),
    }
