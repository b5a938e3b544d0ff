"""Paths of templates on a disk of 50,000 files, against loops written by hand for each search."""

from __future__ import annotations

import itertools
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path

from benchmarks.paths import film, repeated, show
from pipl_pipe.path.service import Paths


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="pipl-bench-") as top:
        count = tree(Path(top))
        print(f"a tree of {count} files")
        roots = {"primary": {"linux": top}, "renders": {"linux": top}}
        paths = Paths(lambda: ([film(roots)], []))
        one_search(paths, top)
        one_folder(paths, top)
        sequences(paths, top)


def tree(top: Path) -> int:
    """5 sequences of 10 shots, 4 steps, 50 work files and 200 frames' worth of renders each."""
    count = 0
    for sequence, shot, step in itertools.product(range(5), range(10), ("anim", "comp", "fx")):
        area = top / f"sequences/sq{sequence}/sq{sequence}_sh{shot}/{step}"
        maya = area / "publish/maya"
        maya.mkdir(parents=True)
        (area / "work/nuke").mkdir(parents=True)
        for number in range(100):
            (maya / f"scene{number % 10}.v{number // 10 + 1:03d}.ma").touch()
        for number in range(100):
            (area / f"work/nuke/comp{number % 10}.v{number // 10 + 1:03d}.nk").touch()
        count += 200
        if step != "comp":
            continue
        for version in range(1, 9):
            folder = area / f"publish/beauty/v{version:03d}"
            folder.mkdir(parents=True)
            for frame in range(50):
                name = f"sq{sequence}_sh{shot}_beauty_v{version:03d}.{1001 + frame}.exr"
                (folder / name).touch()
            count += 50
    return count


def one_search(paths: Paths, top: str) -> None:
    """Every Maya publish of a film."""
    template = paths.templates["maya_shot_publish"]
    fits = re.compile(r"[a-zA-Z0-9]+\.v(?:[0-9]{3}|[1-9][0-9]{3,})\.(?:ma|mb)").fullmatch

    def by_hand() -> list[str]:
        found = []
        for sequence in scanned(f"{top}/sequences"):
            for shot in scanned(sequence):
                for step in scanned(shot):
                    found += matching(f"{step}/publish/maya", fits)
        return found

    ours = paths.paths_from_template
    assert sorted(ours(template, {})) == sorted(by_hand())
    title = f"paths_from_template, {len(by_hand())} found"
    show(title, lambda: ours(template, {}), by_hand, "<= 2")
    fields = {"Sequence": "sq1", "Step": "anim", "version": 3}
    third = re.compile(r"[a-zA-Z0-9]+\.v003\.(?:ma|mb)").fullmatch

    def some_by_hand() -> list[str]:
        found = []
        for shot in scanned(f"{top}/sequences/sq1"):
            found += matching(f"{shot}/anim/publish/maya", third)
        return found

    assert sorted(ours(template, fields)) == sorted(some_by_hand())
    title = f"paths_from_template, {len(some_by_hand())} found"
    show(title, lambda: ours(template, fields), some_by_hand, "<= 2")


def one_folder(paths: Paths, top: str) -> None:
    """All versions of one file."""
    template = paths.templates["maya_shot_publish"]
    fields = {"Sequence": "sq1", "Shot": "sq1_sh1", "Step": "anim", "name": "scene3"}
    fits = re.compile(r"scene3\.v(?:[0-9]{3}|[1-9][0-9]{3,})\.(?:ma|mb)").fullmatch
    folder = f"{top}/sequences/sq1/sq1_sh1/anim/publish/maya"
    ours = paths.paths_from_template
    assert sorted(ours(template, fields)) == sorted(matching(folder, fits))
    title = "paths_from_template, versions of a file"
    show(title, repeated(lambda: ours(template, fields)), repeated(lambda: matching(folder, fits)),
         "<= 2")  # fmt: skip


def sequences(paths: Paths, top: str) -> None:
    template = paths.templates["render_publish"]
    alphanumeric = re.compile(r"[a-zA-Z0-9]+").fullmatch
    padded = re.compile(r"v((?:[0-9]{3}|[1-9][0-9]{3,}))").fullmatch

    def by_hand() -> list[str]:
        found = []
        for sequence in scanned(f"{top}/sequences"):
            for shot in scanned(sequence):
                shot_name = shot.rpartition("/")[2]
                for step in scanned(shot):
                    for name in scanned(f"{step}/publish"):
                        short = name.rpartition("/")[2]
                        if alphanumeric(short) is None:
                            continue
                        for folder in scanned(name):
                            match = padded(folder.rpartition("/")[2])
                            if match is None:
                                continue
                            start = f"{shot_name}_{short}_v{match[1]}"
                            fits = re.compile(
                                re.escape(start) + r"\.(?:[0-9]{4}|[1-9][0-9]{4,})\.exr"
                            ).fullmatch
                            with_frames = names_in(folder)
                            if any(fits(entry) for entry in with_frames):
                                found.append(f"{folder}/{start}.%04d.exr")
        return found

    ours = paths.abstract_paths_from_template
    assert sorted(ours(template, {})) == sorted(by_hand())
    title = f"abstract_paths_from_template, {len(by_hand())} sequences"
    show(title, lambda: ours(template, {}), by_hand, "<= 2")


def names_in(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries]
    except OSError:
        return []


def scanned(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [f"{folder}/{entry.name}" for entry in entries if entry.is_dir()]
    except OSError:
        return []


def matching(folder: str, fits: Callable[[str], object]) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [f"{folder}/{entry.name}" for entry in entries if fits(entry.name)]
    except OSError:
        return []


if __name__ == "__main__":
    main()
