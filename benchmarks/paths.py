"""Fields to paths and paths to fields, on the 60 templates of a feature film.

Each floor is what a person would write for this one template by hand; `ratio` is our time over
the floor's, so that a third of its rate is a ratio of 3. Every action works on many different
paths, so that what is remembered of one does not flatter the next.
"""

from __future__ import annotations

import itertools
import re
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.measure import paired, report, seconds
from pipl_pipe.path import document
from pipl_pipe.path.catalog import Catalog
from pipl_pipe.path.notation import Source
from pipl_pipe.path.notations.toolkit_file import load
from pipl_pipe.path.service import Paths

FILM = Path(__file__).with_name("film_templates.yml")
ROOT = "/mnt/projects/film"
RENDERS = "/mnt/renders/film"
RUNS = 15
Fields = dict[str, Any]

SHOT_WORK = (
    rf"{ROOT}/sequences/(?P<Sequence>[^/]+)/(?P<Shot>[^/]+)/(?P<Step>[^/]+)/publish/maya"
    r"/(?P<name>[a-zA-Z0-9]+)\.v(?P<version>[0-9]{3,})\.(?P<maya_ext>ma|mb)"
)
RENDER = (
    rf"{RENDERS}/sequences/(?P<Sequence>[^/]+)/(?P<Shot>[^/]+)/(?P<Step>[^/]+)/publish"
    r"/(?P<name>[a-zA-Z0-9]+)/v(?P<version>[0-9]{3,})"
    r"/(?P=Shot)_(?P=name)_v(?P=version)\.(?P<SEQ>[0-9]{4,})\.exr"
)
ASSET = (
    rf"{ROOT}/assets/(?P<asset_type>Character|Prop|Environment|Vehicle|Crowd|Fx)"
    r"/(?P<Asset>[^/]+)/(?P<Step>[^/]+)/publish/rigs"
    r"/(?P=Asset)_(?P<variant>[a-zA-Z0-9]+)\.v(?P<version>[0-9]{3,})\.(?P<maya_ext>ma|mb)"
)
FORMS = {
    "maya_shot_publish": f"{ROOT}/sequences/%(Sequence)s/%(Shot)s/%(Step)s/publish/maya"
    "/%(name)s.v%(version)03d.%(maya_ext)s",
    "render_publish": f"{RENDERS}/sequences/%(Sequence)s/%(Shot)s/%(Step)s/publish/%(name)s"
    "/v%(version)03d/%(Shot)s_%(name)s_v%(version)03d.%(SEQ)04d.exr",
    "maya_asset_rig": f"{ROOT}/assets/%(asset_type)s/%(Asset)s/%(Step)s/publish/rigs"
    "/%(Asset)s_%(variant)s.v%(version)03d.%(maya_ext)s",
}
EXPRESSIONS = {
    "maya_shot_publish": SHOT_WORK,
    "render_publish": RENDER,
    "maya_asset_rig": ASSET,
}


def main() -> None:
    loading()
    paths = Paths(lambda: ([film()], []))
    assert len(paths.templates) == 60
    for name in FORMS:
        one_template(paths, name)
    misses(paths)
    catalog(paths)
    if "--peers" in sys.argv:
        peers(paths)


def film(roots: dict[str, dict[str, str]] | None = None) -> Catalog[Any]:
    return load([Source("film", document.read(FILM), FILM, roots or {})], "linux")


def fields_of(name: str, count: int = 1000) -> list[Fields]:
    """Values as productions have them, all different."""
    many = itertools.product(range(10), range(10), range(10))
    return [
        {
            "Sequence": f"sq{a:03d}0",
            "Shot": f"sq{a:03d}0_sh{b:03d}0",
            "Step": ("anim", "light", "comp", "fx", "layout")[c % 5],
            "asset_type": ("Character", "Prop", "Environment")[b % 3],
            "Asset": f"hero_{a}{b}",
            "variant": f"v{b}",
            "name": f"scene{c}",
            "version": a * 11 + c + 1,
            "maya_ext": "ma",
            "SEQ": 1001 + a * 100 + b * 10 + c,
        }
        for a, b, c in itertools.islice(many, count)
    ]


def one_template(paths: Paths, name: str) -> None:
    template = paths.templates[name]
    many = [{key: one[key] for key in template.keys} for one in fields_of(name)]
    texts = [FORMS[name] % one for one in many]
    fullmatch, form = re.compile(EXPRESSIONS[name]).fullmatch, FORMS[name]
    assert texts == [template.apply_fields(one) for one in many]
    assert many == [template.get_fields(text) for text in texts]

    def matched(text: str) -> object:
        found = fullmatch(text)
        assert found is not None
        return found.groupdict()

    show(f"get_fields {name}", each(template.get_fields, texts), each(matched, texts), "<= 3")
    show(
        f"apply_fields {name}",
        each(template.apply_fields, many),
        each(form.__mod__, many),
        "<= 3",
    )


def misses(paths: Paths) -> None:
    name = "maya_shot_publish"
    validate = paths.templates[name].validate_and_get_fields
    fullmatch = re.compile(EXPRESSIONS[name]).fullmatch
    good = [FORMS[name] % one for one in fields_of(name)]
    for what, texts in {
        "other root": [text.replace("/projects/", "/elsewhere/") for text in good],
        "other folder": [text.replace("/publish/", "/work/") for text in good],
        "other extension": [text.replace(".ma", ".nk") for text in good],
        "other version": [text.replace(".v", ".v-") for text in good],
        "shorter": [text.rpartition("/")[0] for text in good],
    }.items():
        assert not any(validate(text) or fullmatch(text) for text in texts)
        show(f"a miss, {what}", each(validate, texts), each(fullmatch, texts), "<= 4")


def catalog(paths: Paths) -> None:
    for name in FORMS:
        template = paths.templates[name]
        texts = [FORMS[name] % one for one in fields_of(name)]
        assert {paths.template_from_path(text) for text in texts} == {template}
        show(
            f"template_from_path {name}",
            each(paths.template_from_path, texts),
            each(template.get_fields, texts),
            "<= 4",
        )
    every = [template for template in paths.templates.values() if hasattr(template, "root_path")]
    text = FORMS["maya_shot_publish"] % fields_of("maya_shot_publish", 1)[0]
    show(
        "template_from_path, against trying all",
        each(paths.template_from_path, [text] * 200),
        each(lambda text: [one for one in every if one.validate(text)], [text] * 200),
        "-",
    )


def loading() -> None:
    text = FILM.read_text(encoding="utf-8")

    def first() -> Catalog[Any]:
        re.purge()
        return load([Source("film", document.parse(text, source="film"))], "linux")

    def compiled() -> None:
        for template in first().values():
            template.compiled.fits("/")

    film()
    for what, action in {
        "loading 60 templates, first time": first,
        "  of which YAML": lambda: document.parse(text, source="film"),
        "  and each of them compiled, which its first use does": compiled,
        "  again, from what is compiled; the file is unchanged": film,
    }.items():
        best_s = min(seconds(repeated(action, 1)) for _ in range(5))
        print(f"{what:58} {best_s * 1000:6.2f} ms")


def peers(paths: Paths) -> None:
    """`lucidity` (Apache) and `parse` (MIT), on the operations that they have."""
    import lucidity
    import parse

    name = "maya_shot_publish"
    template = paths.templates[name]
    many = [{key: one[key] for key in template.keys} for one in fields_of(name)]
    texts = [FORMS[name] % one for one in many]
    pattern = (
        f"{ROOT}/sequences/{{Sequence}}/{{Shot}}/{{Step}}/publish/maya"
        "/{name}.v{version}.{maya_ext}"
    )
    lucid = lucidity.Template(name, pattern, anchor=lucidity.Template.ANCHOR_BOTH)
    strings = [{key: str(value) for key, value in one.items()} for one in many]
    typed = parse.compile(pattern.replace("{version}", "{version:d}"))
    assert lucid.parse(texts[0])["Shot"] == many[0]["Shot"]
    assert typed.parse(texts[0]).named == many[0]
    show("get_fields, against lucidity", each(template.get_fields, texts), each(lucid.parse, texts),
         "<= 0.1")  # fmt: skip
    show("apply_fields, against lucidity", each(template.apply_fields, many),
         each(lucid.format, strings), "<= 0.1")  # fmt: skip
    show("get_fields, against parse", each(template.get_fields, texts), each(typed.parse, texts),
         "<= 0.5")  # fmt: skip
    others = [
        lucidity.Template(
            one.name,
            one.root_path + "/" + re.sub(r"[\[\]]", "", one.definition),
            anchor=lucidity.Template.ANCHOR_BOTH,
            duplicate_placeholder_mode=lucidity.Template.STRICT,
        )
        for one in paths.templates.values()
    ]
    show(
        "template_from_path, against lucidity",
        each(paths.template_from_path, texts[:50]),
        each(lambda text: lucidity.parse(text, others), texts[:50]),
        "<= 0.1",
    )


def each(action: Callable[[Any], object], values: Sequence[Any]) -> Callable[[], None]:
    def run() -> None:
        for value in values:
            action(value)

    return run


def repeated(action: Callable[[], object], times: int = 50) -> Callable[[], None]:
    return each(lambda _: action(), range(times))


def show(title: str, ours: Callable[[], object], floor: Callable[[], object], goal: str) -> None:
    report(title, paired(lambda: ignored(ours), lambda: ignored(floor), runs=RUNS), goal=goal)


def ignored(action: Callable[[], object]) -> None:
    action()


if __name__ == "__main__":
    main()
