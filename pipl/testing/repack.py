"""Wheels of what is installed here, so that tests have real packages without downloading."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from importlib import metadata
from pathlib import Path, PurePosixPath

_NOT_IN_WHEELS = ("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json")


def repack(folder: Path, name: str) -> Path:
    """Write a wheel of the installed pure distribution `name` into `folder`."""
    distribution = metadata.distribution(name)
    inside: dict[str, bytes] = {}
    info = ""
    for file in distribution.files or ():
        path = PurePosixPath(file.as_posix())
        if path.parts[0].endswith(".dist-info"):
            info = path.parts[0]
        if ".." in path.parts or "__pycache__" in path.parts or path.name in _NOT_IN_WHEELS:
            continue
        inside[str(path)] = Path(str(distribution.locate_file(file))).read_bytes()
    tag = _tag(inside[f"{info}/WHEEL"].decode("utf-8"))
    folder.mkdir(parents=True, exist_ok=True)
    wheel = folder / f"{info.removesuffix('.dist-info')}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, content in sorted(inside.items()):
            archive.writestr(member, content)
        archive.writestr(f"{info}/RECORD", _record(inside, f"{info}/RECORD"))
    return wheel


def _tag(text: str) -> str:
    """The tag that stands for all of a wheel's: `py2.py3-none-any` of two lines."""
    tags = [line.partition(":")[2].strip() for line in text.splitlines() if line[:4] == "Tag:"]
    pythons = sorted({tag.split("-")[0] for tag in tags})
    return "-".join([".".join(pythons), *tags[0].split("-")[1:]])


def _record(inside: dict[str, bytes], own: str) -> str:
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    for member, content in sorted(inside.items()):
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow((member, f"sha256={digest}", len(content)))
    writer.writerow((own, "", ""))
    return table.getvalue()
