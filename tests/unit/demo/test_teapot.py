"""The teapot's table and its tessellation."""

from __future__ import annotations

import json
from collections import Counter
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from .conftest import Import


@pytest.fixture(scope="module")
def teapot(laid: Import) -> ModuleType:
    return laid("hero_model.teapot")


def edges(mesh: Any) -> Counter[tuple[int, int]]:
    """How often each directed edge is walked."""
    return Counter(edge for face in mesh.faces for edge in pairwise((*face, face[0])))


def parts(mesh: Any) -> int:
    """Pieces that hang together by their faces."""
    group = list(range(len(mesh.points)))

    def first(point: int) -> int:
        while group[point] != point:
            group[point] = group[group[point]]
            point = group[point]
        return point

    for face in mesh.faces:
        for corner in face[1:]:
            group[first(corner)] = first(face[0])
    return len({first(point) for point in range(len(mesh.points))})


def test_the_table_is_newells(teapot: ModuleType) -> None:
    folder = Path(str(teapot.__file__)).parent
    table = json.loads((folder / "teapot.json").read_text(encoding="utf-8"))
    assert len(table["vertices"]) == 306
    patches = teapot.patches()
    assert [len(patch) for patch in patches] == [16] * 32
    used = {point for patch in patches for point in patch}
    axes = list(zip(*used, strict=True))
    scale = teapot.DECIMALS
    assert [(min(axis) / scale, max(axis) / scale) for axis in axes] == [
        (-3.0, 3.525),
        (-2.0, 2.0),
        (0.0, 3.15),
    ]


@pytest.mark.parametrize("subdivisions", [2, 5, 10])
def test_points_are_shared_and_faces_agree(teapot: ModuleType, subdivisions: int) -> None:
    mesh = teapot.tessellate(subdivisions=subdivisions)
    walked = edges(mesh)

    assert len(mesh.faces) == 32 * subdivisions**2
    # four patches meet at the lid's top and four at the bottom's middle
    assert Counter(map(len, mesh.faces)) == {
        3: 8 * subdivisions,
        4: 32 * subdivisions**2 - 8 * subdivisions,
    }
    assert max(walked.values()) == 1, "two faces walk one edge in the same direction"
    borders = [edge for edge in walked if edge[::-1] not in walked]
    # open on purpose: the rim, the lid, both ends of handle and spout, of four patches' width
    # (rim and lid) or two
    assert len(borders) == (2 * 4 + 4 * 2) * subdivisions
    assert parts(mesh) == 4
    count = len(mesh.points) - len({frozenset(edge) for edge in walked}) + len(mesh.faces)
    assert count == 2  # Euler's: one each for body and lid (discs), none for the two tubes
    assert len(mesh.uvs) == sum(map(len, mesh.faces))
    assert len(mesh.normals) == len(mesh.points)


def test_bounds_are_the_known_ones(teapot: ModuleType) -> None:
    """Those of published tessellations; the spout's tip ends before its control points."""
    bounds = teapot.tessellate(subdivisions=10).bounds
    assert bounds.low == pytest.approx((-3.0, 0.0, -2.0), abs=1e-9)
    assert bounds.high == pytest.approx((3.434, 3.15, 2.0), abs=1e-3)


def test_stretch_and_unit_change_the_size(teapot: ModuleType) -> None:
    small = teapot.tessellate(subdivisions=4).bounds.size
    tall = teapot.tessellate(subdivisions=4, stretch=1.3, unit_cm=5.0).bounds.size
    assert tall == pytest.approx((small[0] * 5, small[1] * 6.5, small[2] * 5))


def test_normals_point_outward(teapot: ModuleType) -> None:
    mesh = teapot.tessellate(subdivisions=6)
    for point, normal in zip(mesh.points, mesh.normals, strict=True):
        assert sum(part * part for part in normal) == pytest.approx(1.0)
        x, y, z = point
        if abs(x) < 1.0 and 0.5 < y < 1.5:  # the belly, away from handle and spout
            assert x * normal[0] + z * normal[2] > 0
    lid = max(range(len(mesh.points)), key=lambda index: mesh.points[index][1])
    bottom = min(range(len(mesh.points)), key=lambda index: mesh.points[index][1])
    assert mesh.normals[lid][1] == pytest.approx(1.0)
    assert mesh.normals[bottom][1] == pytest.approx(-1.0)


def test_is_the_same_every_time(teapot: ModuleType) -> None:
    assert teapot.tessellate(subdivisions=3) == teapot.tessellate(subdivisions=3)


def test_a_patch_of_one_face_is_refused(teapot: ModuleType) -> None:
    with pytest.raises(ValueError, match="at least 2"):
        teapot.tessellate(subdivisions=1)
