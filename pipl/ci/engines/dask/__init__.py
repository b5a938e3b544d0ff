"""Jobs on a Dask cluster (`dask.distributed`): as many machines as a scheduler has workers on."""

from __future__ import annotations

import importlib.util

from pipl.ci.engine import Engine, EngineSettings
from pipl.errors.ci import EngineMissing


def engine(settings: EngineSettings) -> Engine:
    """The entry point `dask`. Raises EngineMissing, and what `DaskEngine` raises."""
    if importlib.util.find_spec("distributed") is None:
        raise EngineMissing("dask", "distributed")
    from pipl.ci.engines.dask.cluster import DaskEngine  # only now is its library known to be there

    return DaskEngine(settings)
