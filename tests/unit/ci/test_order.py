"""What engines and the processes of jobs tell each other, and what must not show in it."""

from __future__ import annotations

import stat
import sys
from pathlib import Path

import pytest

from pipl.ci import job_login
from pipl.ci import order as orders
from pipl.ci.engines.dask import address
from pipl.ci.order import Contained, Order, Report
from pipl.errors.ci import InvalidEngineOption, SchedulerInsecure
from pipl.index.login import Login, LoginStore

TOKEN = '["ci", [], true].aw\\pQ'
LOGIN = Login("http://localhost:3141", "ci", TOKEN, 2e9)


def test_an_order_arrives_as_it_was_given() -> None:
    order = Order(Path("/runs/7"), LOGIN, 60.0, memory_bytes=5, stopped_s=2.0)
    line = order.line()
    assert line.count(b"\n") == 1
    assert Order.parse(line) == order


def test_the_login_does_not_show() -> None:
    assert TOKEN not in repr(Order(Path("/runs/7"), LOGIN, 60.0))
    assert "aw" not in repr(Order(Path("/runs/7"), LOGIN, 60.0)).partition("login")[2]


def test_what_is_no_message_is_not_heard() -> None:
    said = b'broken\n[]\n{"kind": "Other"}\n{"kind": "Report", "colour": 1}\n'
    assert orders.heard(said) == (None, None)
    said += b'{"kind": "Contained", "child": 5}\n{"kind": "Report", "status": 3}\n'
    assert orders.heard(said) == (Contained(5), Report(3))


@pytest.mark.skipif(sys.platform == "win32", reason="files have modes")
def test_the_files_of_a_login_are_for_its_user_alone_and_go_away(tmp_path: Path) -> None:
    variables = job_login.write(tmp_path, LOGIN)
    folder = tmp_path / "logins"
    assert variables == {"PIPL_CONFIG_DIR": str(folder), "NETRC": str(folder / "netrc")}
    for name in ("logins.json", "netrc"):
        assert stat.S_IMODE((folder / name).stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert LoginStore(folder).get("http://localhost:3141") == LOGIN
    job_login.forget(tmp_path)
    job_login.forget(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 reads no quoted words")
def test_a_token_with_spaces_is_read_from_netrc(tmp_path: Path) -> None:
    import netrc

    written = netrc.netrc(job_login.write(tmp_path, LOGIN)["NETRC"])
    assert written.authenticators("localhost") == ("ci", "", TOKEN)


def test_a_plain_token_is_written_plainly(tmp_path: Path) -> None:
    plain = Login("https://show.example", "ci", "devpi-AgEI_x-y", 2e9)
    text = Path(job_login.write(tmp_path, plain)["NETRC"]).read_text()
    assert text == "machine show.example\nlogin ci\npassword devpi-AgEI_x-y\n"


@pytest.mark.parametrize(
    "given",
    ["tcp://127.0.0.1:8786", "localhost:8786", "tcp://[::1]:1", "tls://farm:1", "wss://f:1"],
)
def test_addresses_that_may_have_a_login(given: str) -> None:
    assert address.check(given, insecure=False).endswith(given)


@pytest.mark.parametrize("given", ["tcp://farm:1", "10.0.0.7:1", "ws://farm:1", "ucx://farm:1"])
def test_open_networks_are_refused_unless_they_are_allowed(given: str) -> None:
    with pytest.raises(SchedulerInsecure):
        address.check(given, insecure=False)
    assert address.check(given, insecure=True).endswith(given)


@pytest.mark.parametrize("given", ["", "tcp://", "http://farm:1", "tcp://[::1"])
def test_what_is_no_address(given: str) -> None:
    with pytest.raises(InvalidEngineOption):
        address.check(given, insecure=True)
