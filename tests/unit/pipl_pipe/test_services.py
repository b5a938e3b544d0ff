from __future__ import annotations

import pytest

from pipl_pipe import registry, services
from pipl_pipe.asset.stores.folder import FolderStore
from pipl_pipe.context import Context
from pipl_pipe.errors import BrokenExtension

from .conftest import Site


def test_the_frameworks_own(show: Site, here: Context) -> None:
    assert services.names() == ("asset_store", "config", "path", "products", "tasks")
    assert "asset_store" in dir(services)
    assert isinstance(services.asset_store, FolderStore)
    assert services.asset_store is services.asset_store
    assert sorted(services.tasks.types) == ["modelling", "task"]
    assert sorted(services.products.types) == ["geometry", "product"]


def test_a_packl_replaces_one_and_gets_the_config_entry_of_its_name(show: Site) -> None:
    show.install(
        "studio-store",
        requires=["pipl-pipe"],
        entry_points={
            "pipl_pipe.services": {
                "asset_store": "studio_store:store", "farm": "studio_store:farm",
            },
            "pipl_pipe.config": {"asset_store": "studio_store:CONFIG"},
        },
        modules={
            "studio_store/__init__.py": """
                CONFIG = {"bucket": "s3://show"}

                def store(config):
                    return ("store", config)

                def farm(config):
                    return ("farm", config)
            """
        },
    )  # fmt: skip
    assert services.asset_store == ("store", {"bucket": "s3://show"})
    assert services.farm == ("farm", None)


def test_a_service_that_nobody_provides_is_no_attribute(show: Site) -> None:
    with pytest.raises(AttributeError, match="there are: asset_store"):
        _ = services.nothing
    assert not hasattr(services, "nothing")


def test_a_broken_factory_is_named_and_the_others_work(show: Site) -> None:
    show.install(
        "broken-farm",
        entry_points={"pipl_pipe.services": {"farm": "broken_farm:farm"}},
        modules={"broken_farm/__init__.py": "def farm(config):\n    return 1 / 0\n"},
    )
    with pytest.raises(BrokenExtension, match=r"'farm' of broken-farm .*ZeroDivisionError"):
        _ = services.farm
    assert dict(services.config) == {}


def test_a_service_can_be_replaced_for_a_test(show: Site) -> None:
    with registry.replaced("farm", "fake"):
        assert services.farm == "fake"
    assert not hasattr(services, "farm")
