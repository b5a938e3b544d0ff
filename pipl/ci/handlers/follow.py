"""Follow: a task locked to newer products, as a post-release in the run's outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from packaging.version import InvalidVersion, Version

from pipl.ci import outbox
from pipl.ci.handler import Job
from pipl.ci.hashing import sha256_of
from pipl.ci.run import Outcome
from pipl.errors.ci import InvalidFlow
from pipl.errors.index import VersionTaken
from pipl.index.name import IndexName
from pipl.index.release import Release, latest, same_version
from pipl.packl import postrelease
from pipl.packl.graph import kept
from pipl.packl.graph.graph import PRODUCT
from pipl.packl.postrelease import Followed, Relocked
from pipl.packl.version import next_post
from pipl_pipe import caches

MAX_POSTS = 1_000


def handle(job: Job) -> Outcome:
    """Re-lock the release to the newest products that it admits, and make of it what follows.

    The runner uploads it to the stage where follow-ups enter (`products` of the job), as
    anybody's release does. Where no product moves there is nothing to do, and a newer release
    of the task makes this one's follow-up needless.
    Raises Unresolvable, InvalidWheel, InvalidSdist, VersionTaken.
    """
    spec = job.spec
    if spec.products is None:
        raise InvalidFlow((f"{spec.index}: the handler 'follow' needs `products`",))
    outbox.clear(job.outbox)
    newest = latest(job.client.releases(spec.index, spec.project))
    if newest is None or not same_version(newest.version, spec.version):
        now = "it is gone" if newest is None else f"{newest.version} is newer"
        return Outcome.passed(f"not followed: {now}")
    if Version(spec.version).is_prerelease:
        return Outcome.passed("not followed: a pre-release is not")
    followed = _fetch(job, job.release())
    binding = replace(spec.binding, index=spec.index)
    relocked = postrelease.relock(followed, _products(job), job.installer, binding)
    if relocked is None:
        return Outcome.passed("nothing to follow: it is locked to the newest that it admits")
    for change in relocked.changes:
        job.say(f"{change.name} {change.before} -> {change.after}")
    made = outbox.fill(job.outbox, _make(job, followed, relocked, spec.products))
    return Outcome.passed(f"made {', '.join(path.name for path in made)}")


def _fetch(job: Job, release: Release) -> Followed:
    file, sdist = job.file_of(release), release.sdist
    return Followed(
        name=release.project,
        version=release.version,
        sha256=file.sha256,
        wheel=job.client.download(file, job.scratch / file.filename),
        sdist=None if sdist is None else job.client.download(sdist, job.scratch / sdist.filename),
    )


def _products(job: Job) -> frozenset[str]:
    """Everything on the index that tasks have made."""
    cache = caches.folder(job.environ)
    packls = kept.read(job.client, job.spec.index, cache).packls
    return frozenset(name for name, packl in packls.items() if packl.kind == PRODUCT)


def _make(job: Job, followed: Followed, relocked: Relocked, stage: IndexName) -> tuple[Path, ...]:
    """The follow-up as the next post-release that is free, or that has just these files already.

    Raises VersionTaken where none is.
    """
    held = _held(job, stage)
    version = followed.version
    for number in range(MAX_POSTS):
        version = next_post(version)
        out = job.scratch / f"post-{number}"
        out.mkdir()
        made = postrelease.make(followed, relocked, version, out)
        there = held.get(Version(version), {})
        ours = {path.name: sha256_of(path) for path in made}
        if all(ours.get(name) == sha256 for name, sha256 in there.items()):
            return made
        job.say(f"{version} is there already, and is another one")
    raise VersionTaken(str(stage), followed.name, version)


def _held(job: Job, stage: IndexName) -> Mapping[Version, Mapping[str, str]]:
    """The files of the task by version, name and sha256, where follow-ups enter and end."""
    held: dict[Version, dict[str, str]] = {}
    for index in dict.fromkeys((stage, job.spec.index)):
        for release in job.client.releases(index, job.spec.project):
            try:
                files = held.setdefault(Version(release.version), {})
            except InvalidVersion:
                continue
            files.update((file.filename, file.sha256) for file in release.files)
    return held
