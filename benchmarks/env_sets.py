"""How long `pipl work env` and `pipl work run true` take with 150 packls, 60 with env sets.

    python benchmarks/env_sets.py [FOLDER]

The packls are written into a new environment as an installer leaves them; settling, which asks
them, is timed once. Against that: `rez env -i saved.rxt -- true` on the same packages, of the PyPI
package `rez` in an environment of its own. In turns; medians.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pipl.env import python, venv
from pipl.env.choice import choose
from pipl.index.name import IndexName
from pipl.project.binding import Binding
from pipl.workspace import area, folder
from pipl.workspace.materialise import settle
from pipl.workspace.place import Place

PACKLS, WITH_ENV_SETS, ROUNDS = 150, 60, 15
BINDING = Binding("Show", "http://127.0.0.1:1", IndexName("root", "PROJ"))


def needs(number: int) -> list[str]:
    """Each packl needs two of those before it."""
    return [f"packl{one}" for one in sorted({number // 2, number - 1}) if 0 <= one < number]


def packl(site: Path, number: int) -> None:
    """As an installer writes it."""
    name = f"packl{number}"
    info = site / f"{name}-1.0.0.dist-info"
    info.mkdir()
    required = "".join(f"Requires-Dist: {one}\n" for one in needs(number))
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0.0\n{required}"
    (info / "METADATA").write_text(metadata, encoding="utf-8")
    (site / name).mkdir()
    source = ""
    if number < WITH_ENV_SETS:
        points = f"[pipl_pipe.env_sets]\n{name} = {name}:ENV_SET\n"
        (info / "entry_points.txt").write_text(points, encoding="utf-8")
        source = (
            "from pipl_pipe.envset import EnvSet, prepend, set_\n"
            f"ENV_SET = EnvSet(set_('ROOT_{number}', '{{root}}'), prepend('TOOLS', '{{root}}/x'))\n"
        )
    (site / name / "__init__.py").write_text(source, encoding="utf-8")


def rez_package(repository: Path, number: int) -> None:
    """The same as a rez package."""
    place = repository / f"packl{number}" / "1.0.0"
    place.mkdir(parents=True)
    text = f"name = 'packl{number}'\nversion = '1.0.0'\nrequires = {needs(number)!r}\n"
    if number < WITH_ENV_SETS:
        text += (
            f"def commands():\n    env.ROOT_{number} = '{{root}}'\n"
            "    env.TOOLS.prepend('{root}/x')\n"
        )
    (place / "package.py").write_text(text, encoding="utf-8")


def timed(*args: str | Path, cwd: Path, env: Mapping[str, str]) -> float:
    """Seconds that a command takes, which must succeed."""
    began = time.perf_counter()
    subprocess.run([str(one) for one in args], cwd=cwd, env=env, check=True, capture_output=True)
    return time.perf_counter() - began


def interleaved(contenders: Mapping[str, Callable[[], float]]) -> dict[str, float]:
    """The median of each, in seconds."""
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, contender in contenders.items():
            taken[name].append(contender())
    return {name: statistics.median(times) for name, times in taken.items()}


def main(arguments: Sequence[str]) -> None:
    base = Path(arguments[0]) if arguments else Path(tempfile.mkdtemp(prefix="env-sets-"))
    environ = dict(os.environ)
    workspace = folder.create(area.create(base / "area", BINDING), "sets")
    interpreter = python.find(None)
    environment = venv.create(workspace.environment.folder, interpreter, cache=base / "cache")
    framework = Path(__file__).resolve().parents[1] / "pipl_pipe"
    (environment.site_packages / "pipl_pipe").symlink_to(framework)
    for number in range(PACKLS):
        packl(environment.site_packages, number)
    place = Place(workspace.folder, BINDING, environ)
    began = time.perf_counter()
    settle(place)
    print(f"settling            {time.perf_counter() - began:.3f} s")
    here, pipl = workspace.folder, Path(sys.executable).with_name("pipl")
    contenders: dict[str, Callable[[], float]] = {
        "interpreter": lambda: timed(sys.executable, "-c", "", cwd=here, env=environ),
        "pipl --help": lambda: timed(pipl, "--help", cwd=here, env=environ),
        "work env": lambda: timed(pipl, "work", "env", cwd=here, env=environ),
        "work run true": lambda: timed(pipl, "work", "run", "true", cwd=here, env=environ),
        "activate": lambda: timed(
            "bash", "--norc", "-c", ". .VENV/bin/activate", cwd=here, env=environ
        ),
        **rez_contenders(base, environ),
    }
    for name, median_s in interleaved(contenders).items():
        print(f"{name:<20}{median_s:.3f} s")


def rez_contenders(base: Path, environ: Mapping[str, str]) -> dict[str, Callable[[], float]]:
    """rez on the same packages, installed by pip's means into an environment of its own."""
    own = venv.create(base / "rez", python.find(None), cache=base / "cache")
    choose("uv", environ).add_files(own, ["rez"], index_url=None)
    for number in range(PACKLS):
        rez_package(base / "packages", number)
    env = {**environ, "REZ_PACKAGES_PATH": str(base / "packages")}
    rez, saved = own.scripts / "rez", base / "saved.rxt"
    wanted = [f"packl{number}" for number in range(PACKLS)]
    timed(rez, "env", *wanted, "--output", saved, cwd=base, env=env)
    return {"rez": lambda: timed(rez, "env", "-i", saved, "--", "true", cwd=base, env=env)}


if __name__ == "__main__":
    main(sys.argv[1:])
