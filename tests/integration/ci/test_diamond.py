"""Products that land make tasks follow: each once, in the order of what they are made of."""

from __future__ import annotations

TAKES = """
        path = job.scratch / "model.txt"
        path.write_text(f"{self.name} {job.version}")
        job.product("PRODUCT", "product").add("model", "File", path)
"""


def test_a_diamond_is_followed_once_and_in_order(studio) -> None:
    studio.task("geo_dia")
    studio.settle()
    for side in ("left_dia", "right_dia"):
        studio.task(side, also=("geo-dia-geo>=1,<2",), follow="auto")
    studio.settle()
    studio.task("shot_dia", also=("left-dia-geo", "right-dia-geo"), follow="auto")
    studio.task("pinned_dia", also=("geo-dia-geo==1.0.0",), follow="auto")
    studio.task("manual_dia", also=("geo-dia-geo",))
    studio.settle()

    studio.task("geo_dia", "1.1.0")
    studio.settle()

    assert studio.products("left_dia_geo") == ["1.0.0", "1.0.0.post1"]
    assert studio.products("right_dia_geo") == ["1.0.0", "1.0.0.post1"]
    assert studio.products("shot_dia_geo") == ["1.0.0", "1.0.0.post1"]  # once, with both sides
    assert studio.products("pinned_dia_geo") == ["1.0.0"]
    assert studio.products("manual_dia_geo") == ["1.0.0"]
    lock = studio.lock_of("shot_dia", "1.0.0.post1")
    assert str(lock.versions["left-dia-geo"]) == "1.0.0.post1"
    assert str(lock.versions["right-dia-geo"]) == "1.0.0.post1"
    assert {run.state for run in studio.all_runs("dia")} == {"passed"}

    before = studio.all_runs("dia")
    studio.settle()
    assert studio.all_runs("dia") == before, "nothing is followed that has been"

    studio.task("geo_dia", "2.0.0")  # no task admits it but the one that does not follow
    studio.settle()
    assert studio.products("left_dia_geo") == ["1.0.0", "1.0.0.post1"]
    assert studio.products("shot_dia_geo") == ["1.0.0", "1.0.0.post1"]


def test_a_task_that_cannot_follow_holds_up_nobody(studio) -> None:
    studio.task("geo_odd")
    studio.settle()
    failing = """
        if ".post" in str(job.version):
            raise RuntimeError("no more")
"""
    studio.task("good_odd", also=("geo-odd-geo",), follow="auto")
    studio.task("bad_odd", also=("geo-odd-geo",), follow="auto", body=failing + TAKES)
    studio.settle()
    studio.task("shot_odd", also=("good-odd-geo", "bad-odd-geo"), follow="auto")
    studio.settle()

    studio.task("geo_odd", "1.1.0")
    studio.settle()

    assert studio.products("bad_odd_geo") == ["1.0.0"]
    assert studio.products("shot_odd_geo") == ["1.0.0", "1.0.0.post1"]
    failed = [run for run in studio.all_runs("odd") if run.state != "passed"]
    assert [(run.project, run.version, run.handler) for run in failed] == [
        ("bad-odd", "1.0.0.post1", "process")
    ]
