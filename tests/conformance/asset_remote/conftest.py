"""The servers behind the buckets, each once per session."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager

import pytest

from pipl.testing import object_stores
from pipl.testing.object_stores import ObjectServer, ServerMissing


def started(server: AbstractContextManager[ObjectServer]) -> Iterator[ObjectServer]:
    try:
        with server as running:
            yield running
    except ServerMissing as fault:
        pytest.skip(str(fault))


@pytest.fixture(scope="session")
def moto() -> Iterator[ObjectServer]:
    yield from started(object_stores.moto_server())


@pytest.fixture(scope="session")
def rclone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    folder = tmp_path_factory.mktemp("rclone")
    (folder / "assets").mkdir()
    yield from started(object_stores.rclone_server(folder))


@pytest.fixture(scope="session")
def google(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    folder = tmp_path_factory.mktemp("google")
    (folder / "assets").mkdir()
    yield from started(object_stores.google_server(folder))


@pytest.fixture(scope="session")
def azurite() -> Iterator[ObjectServer]:
    yield from started(object_stores.azure_server("assets"))


@pytest.fixture(scope="session")
def sftp(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ObjectServer]:
    yield from started(object_stores.sftp_server(tmp_path_factory.mktemp("sshd")))


def new_s3_bucket(server: ObjectServer) -> str:
    import boto3

    name = f"assets-{uuid.uuid4().hex}"
    client = boto3.client(
        "s3",
        endpoint_url=server.url,
        aws_access_key_id=server.environ["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=server.environ["AWS_SECRET_ACCESS_KEY"],
        region_name="us-east-1",
    )
    client.create_bucket(Bucket=name)
    return name


@pytest.fixture
def azure(azurite: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty prefix; its credentials are in the environment."""
    for name, value in azurite.environ.items():
        monkeypatch.setenv(name, value)
    return f"az://assets/{uuid.uuid4().hex}"


@pytest.fixture
def s3(moto: ObjectServer, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of an empty bucket with a prefix; its credentials are in the environment."""
    for name, value in moto.environ.items():
        monkeypatch.setenv(name, value)
    return f"s3://{new_s3_bucket(moto)}/studio/assets"
