"""Env sets: environment variables that packls bring along.

    ENV_SET = EnvSet(prepend("PXR_AR_DEFAULT_SEARCH_PATH", "{assets}"), default("SHOW", "demo"))

or as a function of any of `root`, `assets`, `workspace`, `package`, `platform` and `env`:

    def env_set(root, platform):
        yield prepend("PATH", root / "bin" / platform)

registered in `pipl_pipe.env_sets`. They apply in dependency order: what a packl sets, a packl
that depends on it can change. One for an application outside of packages finds it first:

    MAYA = Installation("Maya", {"linux": ("/usr/autodesk/maya{major}",)}, "MAYA_LOCATION")
    ENV_SET = EnvSet(set_("MAYA_LOCATION", "{root}"), installation=MAYA)
"""

from pipl_pipe.envset.declaring import (
    EnvSet,
    alias,
    append,
    default,
    prepend,
    set_,
    source,
    unset,
)
from pipl_pipe.envset.installation import Installation
from pipl_pipe.envset.installed import GROUP, are_data, operations

__all__ = [
    "GROUP",
    "EnvSet",
    "Installation",
    "alias",
    "append",
    "are_data",
    "default",
    "operations",
    "prepend",
    "set_",
    "source",
    "unset",
]
