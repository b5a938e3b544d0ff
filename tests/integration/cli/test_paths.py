"""`pipl path` with the templates that a workspace's own packls register."""

from __future__ import annotations

from pathlib import Path

from pipl.testing.commands import Shell

TEMPLATES = """\
roots: {{primary: {{linux: {root}, darwin: {root}, win32: 'P:\\show'}}}}
keys:
  Shot: {{type: str}}
  version: {{type: int, format_spec: "03"}}
paths:
  work: 'shots/{{Shot}}/anim.v{{version}}.ma'
"""


def test_a_config_packl_gives_its_templates_to_the_workspace(
    workspace: Shell, tmp_path: Path
) -> None:
    workspace.pipl("packl", "create", "--template", "config", "show_paths")
    packl = workspace.cwd / "show_paths"
    (packl / "show_paths" / "show.yml").write_text(TEMPLATES.format(root=tmp_path))
    with (packl / "show_paths" / "configs.py").open("a", encoding="utf-8") as file:
        file.write('\nPATHS = {"file": "show_paths:show.yml"}\n')
    pyproject = packl / "pyproject.toml"
    said = pyproject.read_text(encoding="utf-8")
    known = '[project.entry-points."pipl_pipe.config"]\n'
    pyproject.write_text(said.replace(known, f'{known}"path.show" = "show_paths.configs:PATHS"\n'))
    workspace.pipl("work", "sync")
    path = tmp_path / "shots" / "sh010" / "anim.v003.ma"
    assert workspace.pipl("path", "format", "work", "Shot=sh010", "version=3").strip() == str(path)
    answer = workspace.json("path", "parse", str(path))
    assert answer["readings"] == [
        {"template": "work", "fields": {"Shot": "sh010", "version": 3}},
    ]
    path.parent.mkdir(parents=True)
    path.touch()
    assert workspace.pipl("path", "find", "work", "Shot=sh010").split() == [str(path)]
    refused = workspace.attempt("path", "format", "work", "Shot=a/b", "version=3")
    assert refused.status != 0
    assert "holds a separator" in refused.stderr
