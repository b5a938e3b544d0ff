"""Facts and thumbnails of real images and layers; libraries that hang and crash."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipl_pipe import distributions
from pipl_pipe.asset import Asset, File, Sequence, types
from pipl_pipe.asset.facts import bounds, reading
from pipl_pipe.asset.facts.reading import Found, Subject
from pipl_pipe.asset.stores.memory import MemoryStore
from pipl_pipe.product import verify
from pipl_pipe.product.make import Made, Release
from pipl_pipe.task import Job, Task
from pipl_pipe.task.process import Places, process

Image = Callable[..., Path]


@pytest.fixture
def oiio() -> Any:
    return pytest.importorskip("OpenImageIO", reason="OpenImageIO is not installed")


@pytest.fixture
def pxr() -> Any:
    return pytest.importorskip("pxr", reason="usd-core is not installed")


@pytest.fixture
def image(oiio: Any, tmp_path: Path) -> Image:
    """Writes an image of one colour."""

    def write(
        name: str, width: int, height: int, colour: tuple[float, ...], *,
        kind: str = "half", display: tuple[int, ...] = (), **attributes: Any,
    ) -> Path:  # fmt: skip
        spec = oiio.ImageSpec(width, height, len(colour), kind)
        if display:
            spec.full_x, spec.full_y, spec.full_width, spec.full_height = display
        for attribute, value in attributes.items():
            spec[attribute] = value
        filled = oiio.ImageBuf(spec)
        assert oiio.ImageBufAlgo.fill(filled, colour)
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        assert filled.write(str(path)), filled.geterror()
        return path

    return write


def told(path: Path, shape: str = "file") -> Found:
    return reading.read([reading.subject(path, shape, thumbnail=path.with_suffix(".thumb.jpg"))])[0]


def pixel(oiio: Any, thumbnail: Path | None, x: int, y: int) -> list[float]:
    assert thumbnail is not None
    shown = oiio.ImageBuf(str(thumbnail))
    return [round(value * 255) for value in shown.getpixel(x, y)]


class TestImages:
    def test_an_exr(self, image: Image) -> None:
        path = image("a.exr", 640, 360, (0.18, 0.18, 0.18, 1.0), PixelAspectRatio=2.0)
        facts = dict(File.facts_of(path))
        assert facts.pop("color_space", "lin_rec709") == "lin_rec709"  # older ones assume it
        assert facts == {
            "channel_count": 4,
            "channels": ["R", "G", "B", "A"],
            "compression": "zip",
            "image_format": "openexr",
            "pixel_aspect": 2.0,
            "pixel_type": "half",
            "resolution": [640, 360],
        }

    def test_windows_are_told_where_they_differ(self, image: Image) -> None:
        facts = told(image("a.exr", 20, 10, (1.0,) * 3, display=(0, 0, 64, 32))).facts
        assert facts["resolution"] == [64, 32]
        assert facts["display_window"] == [0, 0, 63, 31]
        assert facts["data_window"] == [0, 0, 19, 9]

    def test_a_png(self, image: Image) -> None:
        facts = told(image("a.png", 64, 32, (0.5,), kind="uint16")).facts
        assert (facts["image_format"], facts["pixel_type"]) == ("png", "uint16")
        assert facts["channels"] == ["Y"]

    def test_the_extension_may_lie(self, image: Image) -> None:
        path = image("a.png", 64, 32, (0.5,) * 3, kind="uint8")
        lying = path.with_suffix(".exr")
        path.rename(lying)
        assert told(lying).facts.get("image_format") in ("png", None)

    @pytest.mark.parametrize(
        "name", ["a.exr", "a.png", "a.jpg", "a.tif", "a.dpx", "a.psd", "a.gif"]
    )
    @pytest.mark.parametrize("content", [b"", b"no image", bytes(10_000)], ids=len)
    def test_what_is_no_image_is_a_note(
        self, oiio: Any, tmp_path: Path, name: str, content: bytes
    ) -> None:
        (tmp_path / name).write_bytes(content)
        found = told(tmp_path / name)
        assert (dict(found.facts), found.thumbnail) == ({}, None)
        assert name in found.notes[0]

    def test_a_truncated_image_keeps_the_facts_of_its_header(self, image: Image) -> None:
        path = image("a.exr", 2000, 1000, (0.1, 0.2, 0.3))
        os.truncate(path, path.stat().st_size // 2)
        found = told(path)
        assert found.facts["resolution"] == [2000, 1000]
        assert found.thumbnail is None
        assert "thumbnail" in found.notes[0]

    def test_flipped_bytes_break_nothing(self, image: Image) -> None:
        whole = image("a.exr", 300, 200, (0.1, 0.2, 0.3)).read_bytes()
        path = image("b.exr", 1, 1, (0.1,) * 3)
        for at in range(8, 400, 13):
            content = bytearray(whole)
            content[at] ^= 0xFF
            path.write_bytes(content)
            assert bounds.problems_of(dict(told(path).facts)) == []

    def test_a_sequence_is_told_by_its_frames(self, image: Image, tmp_path: Path) -> None:
        for number in (1001, 1002, 1004):
            image(f"frames/a.{number}.exr", 32, 16, (0.5,) * 3)
        facts = Sequence.facts_of(tmp_path / "frames")
        assert facts["missing_frames"] == "1003"
        assert facts["resolution"] == [32, 16]


class TestThumbnails:
    def test_it_fits_and_is_for_a_screen(self, oiio: Any, image: Image) -> None:
        found = told(image("a.exr", 640, 360, (0.18, 0.18, 0.18, 1.0)))
        assert found.thumbnail is not None
        shown = oiio.ImageBuf(str(found.thumbnail))
        assert (shown.spec().width, shown.spec().height) == (256, 144)
        assert pixel(oiio, found.thumbnail, 128, 72) == pytest.approx([118] * 3, abs=2)
        assert found.thumbnail.stat().st_size < 10_000

    def test_a_picture_for_a_screen_keeps_its_colours(self, oiio: Any, image: Image) -> None:
        found = told(image("a.png", 512, 512, (1.0, 0.5, 0.0), kind="uint8"))
        assert pixel(oiio, found.thumbnail, 100, 100) == pytest.approx([255, 128, 0], abs=4)

    def test_grey_is_grey_and_small_stays_small(self, oiio: Any, image: Image) -> None:
        found = told(image("a.png", 64, 32, (0.5,), kind="uint8"))
        assert pixel(oiio, found.thumbnail, 10, 10) == pytest.approx([128] * 3, abs=2)
        assert oiio.ImageBuf(str(found.thumbnail)).spec().width == 64

    def test_outside_of_the_data_window_is_black(self, oiio: Any, image: Image) -> None:
        found = told(image("a.exr", 320, 480, (1.0,) * 3, display=(0, 0, 640, 480)))
        assert pixel(oiio, found.thumbnail, 200, 100) == pytest.approx([0] * 3, abs=3)
        assert pixel(oiio, found.thumbnail, 60, 100) == pytest.approx([255] * 3, abs=3)

    def test_overbright_and_not_a_number_are_clipped(self, oiio: Any, image: Image) -> None:
        bright = told(image("a.exr", 64, 64, (100.0, -3.0, 0.0), kind="float"))
        assert pixel(oiio, bright.thumbnail, 5, 5) == pytest.approx([255, 0, 0], abs=4)
        nothing = told(image("b.exr", 64, 64, (float("nan"), 0.0, 0.0), kind="float"))
        assert pixel(oiio, nothing.thumbnail, 5, 5) == pytest.approx([0] * 3, abs=3)

    def test_a_thin_one(self, oiio: Any, image: Image) -> None:
        found = told(image("a.exr", 5000, 1, (0.5,) * 3))
        shown = oiio.ImageBuf(str(found.thumbnail))
        assert (shown.spec().width, shown.spec().height) == (256, 1)

    def test_the_same_file_gives_the_same_bytes(self, image: Image) -> None:
        path = image("a.exr", 640, 360, (0.2, 0.4, 0.6), Artist="ann")
        first = told(path)
        assert first.thumbnail is not None
        content = first.thumbnail.read_bytes()
        assert b"ann" not in content
        time.sleep(1.1)  # a time in it would differ
        again = told(path)
        assert again == first
        assert first.thumbnail.read_bytes() == content

    def test_a_huge_one_is_not_read(self, image: Image) -> None:
        path = image("a.exr", 10, 10, (0.5,) * 3, display=(0, 0, 30_000, 30_000))
        found = told(path)
        assert found.facts["resolution"] == [30_000, 30_000]
        assert (found.thumbnail, found.notes) == (None, ())


LAYER = """#usda 1.0
(
    defaultPrim = "hero"
    upAxis = "Y"
    metersPerUnit = 0.01
    startTimeCode = 1001
    endTimeCode = 1050
    timeCodesPerSecond = 24
    subLayers = [@./b.usda@]
)
def "hero" (
    references = @../maps/red.usdc@</red>
    payload = @no/such.usd@
) {}
"""


class TestLayers:
    def test_a_layer_alone_is_read(self, pxr: Any, tmp_path: Path) -> None:
        (tmp_path / "a.usda").write_text(LAYER)
        expected = {
            "default_prim": "hero",
            "end_time": 1050.0,
            "external_reference_count": 3,
            "external_references": ["../maps/red.usdc", "./b.usda", "no/such.usd"],
            "metres_per_unit": 0.01,
            "start_time": 1001.0,
            "time_codes_per_second": 24.0,
            "up_axis": "Y",
        }
        assert File.facts_of(tmp_path / "a.usda") == expected
        from pxr import Sdf, Usd  # noqa: F401  # Usd registers the file formats

        Sdf.Layer.FindOrOpen(str(tmp_path / "a.usda")).Export(str(tmp_path / "b.usdc"))
        found = told(tmp_path / "b.usdc")
        assert found == Found(expected)

    def test_what_the_layer_does_not_say_is_left_out(self, pxr: Any, tmp_path: Path) -> None:
        (tmp_path / "a.usd").write_text("#usda 1.0\n")
        expected = {"external_reference_count": 0, "external_references": []}
        assert File.facts_of(tmp_path / "a.usd") == expected

    @pytest.mark.parametrize(
        "content", [b"#usda 1.0\ndef {", b"PXR-USDC", b"PXR-USDC" + bytes(1000), b"PK\3\4" * 90]
    )
    @pytest.mark.parametrize("name", ["a.usda", "a.usdc", "a.usd", "a.usdz"])
    def test_a_broken_layer_is_a_note(
        self, pxr: Any, tmp_path: Path, name: str, content: bytes
    ) -> None:
        (tmp_path / name).write_bytes(content)
        found = told(tmp_path / name)
        assert dict(found.facts) == {}
        assert name in found.notes[0]

    def test_many_references_are_cut(self, pxr: Any, tmp_path: Path) -> None:
        rows = "".join(f"@{'ö' * 300}{number}.usd@, " for number in range(100))
        (tmp_path / "a.usda").write_text(f"#usda 1.0\n(\n subLayers = [{rows}]\n)\n")
        facts = File.facts_of(tmp_path / "a.usda")
        assert facts["external_reference_count"] == 100
        assert bounds.problems_of(facts) == []


class TestBrokenLibraries:
    """`OpenImageIO` is a module of the test's."""

    @pytest.fixture
    def library(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
        monkeypatch.delitem(sys.modules, "OpenImageIO", raising=False)

        def write(text: str) -> None:
            (tmp_path / "OpenImageIO.py").write_text(text)
            monkeypatch.syspath_prepend(str(tmp_path))

        return write

    def asked(self, folder: Path, *names: str, **limits: float) -> list[Found]:
        return reading.read([Subject({}, folder / name, "image") for name in names], **limits)

    def test_a_crash_costs_one_files_facts(
        self, tmp_path: Path, library: Callable[[str], None]
    ) -> None:
        library(
            "import os\n"
            "def geterror(): return 'refused'\n"
            "class ImageInput:\n"
            "    @staticmethod\n"
            "    def open(path):\n"
            "        if 'boom' in path: os.abort()\n"
            "        return None\n"
        )
        found = self.asked(tmp_path, "a.exr", "boom.exr", "b.exr")
        notes = [one.notes[0].partition(": ")[2] for one in found]
        assert notes == ["refused", "reading it broke the library", "refused"]

    def test_a_hang_ends(self, tmp_path: Path, library: Callable[[str], None]) -> None:
        library("import time\ntime.sleep(600)\n")
        started = time.monotonic()
        found = self.asked(tmp_path, "a.exr", "b.exr", "c.exr", limit_s=0.5, limit_all_s=0.8)
        assert time.monotonic() - started < 10
        assert "longer" in found[0].notes[0]
        assert "time for facts is over" in found[2].notes[0]

    def test_what_it_prints_is_no_answer(
        self, tmp_path: Path, library: Callable[[str], None]
    ) -> None:
        library("print('hello')\nimport os\nos.write(1, b'{}\\n')\nraise ValueError('odd')\n")
        assert "odd" in self.asked(tmp_path, "a.exr")[0].notes[0]

    def test_an_endless_answer_is_cut(self, tmp_path: Path, library: Callable[[str], None]) -> None:
        library("def geterror(): return 'x' * (1 << 24)\nclass ImageInput:\n  open = print\n")
        assert len(self.asked(tmp_path, "a.exr")[0].notes[0]) < 1000

    def test_modules_in_the_current_folder_are_not_run(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, oiio: Any
    ) -> None:
        (tmp_path / "json.py").write_text("raise SystemExit('taken')")
        (tmp_path / "a.exr").write_bytes(b"no image")
        monkeypatch.chdir(tmp_path)
        assert "EXR" in told(tmp_path / "a.exr").notes[0]

    @pytest.mark.skipif(sys.platform == "win32", reason="there are no such signals on Windows")
    def test_interrupting_leaves_no_process(
        self, tmp_path: Path, library: Callable[[str], None]
    ) -> None:
        library(f"import os, time\nopen({str(tmp_path / 'pid')!r}, 'w').write(str(os.getpid()))\n"
                "time.sleep(600)\n")  # fmt: skip
        (tmp_path / "a.exr").write_bytes(b"no image")
        code = (
            "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
            f"import sys; sys.path[:] = {json.dumps(sys.path)}\n"
            "from pathlib import Path; from pipl_pipe.asset import File\n"
            f"File.facts_of(Path({str(tmp_path / 'a.exr')!r}))\n"
        )
        running = subprocess.Popen([sys.executable, "-c", code], stderr=subprocess.PIPE)
        deadline = time.monotonic() + 20
        while not (tmp_path / "pid").exists() or not (tmp_path / "pid").read_text():
            assert time.monotonic() < deadline
            time.sleep(0.02)
        running.send_signal(2)
        assert b"KeyboardInterrupt" in running.communicate(timeout=20)[1]
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / "pid").read_text()), 0)


class TestProducts:
    def test_a_product_shows_its_images(
        self, image: Image, oiio: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(types, "_registered", {"Painting": Painting})
        installed = tmp_path / "site" / "pipl_pipe-1.0.0.dist-info"
        installed.mkdir(parents=True)
        (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: pipl-pipe\nVersion: 1\n")
        group = "[pipl_pipe.product_types]\nproduct = pipl_pipe.product:Product\n"
        (installed / "entry_points.txt").write_text(group)
        monkeypatch.syspath_prepend(str(installed.parent))
        distributions.refresh()
        made = image("made.exr", 640, 360, (0.18,) * 3)
        task = Painted("painted")
        task.made = made
        store = MemoryStore(tmp_path / "given")
        names = ("scratch", "out", "work", "view")
        release = Release("painted", "1.0.0", "c" * 64)

        def processed(folder: Path) -> Made:
            places = Places(*(folder / name for name in names))
            for name in names:
                (folder / name).mkdir(parents=True)
            return process(task, release, places, store)[0]

        first, again = processed(tmp_path / "one"), processed(tmp_path / "two")
        asset = first.assets[0]
        assert asset.facts["resolution"] == [640, 360]
        assert asset.picture is not None
        shown = store.path("hero_art", asset.picture)
        assert (shown.name, shown.stat().st_size) == ("art_thumbnail.jpg", asset.thumbnail_size)
        assert pixel(oiio, shown, 9, 9) == pytest.approx([118] * 3, abs=2)
        assert again.sha256 == first.sha256
        assert asset in verify.read_assets(first.wheel).assets
        monkeypatch.undo()
        distributions.refresh()


class Painting(Asset):
    extension = "exr"


class Painted(Task):
    version = "1.0.0"
    made: Path

    def process(self, job: Job) -> None:
        (job.scratch / "a.exr").write_bytes(self.made.read_bytes())
        job.product("hero_art").add("art", "Painting", job.scratch / "a.exr")
