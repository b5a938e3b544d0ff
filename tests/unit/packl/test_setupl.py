"""Reading `__setupl__.py`: the prototype's own forms are followed, anything else is refused."""

from pathlib import Path

import pytest

from pipl.errors.usage import NotMigratable
from pipl.packl import setupl

HISTORY = '''"""my_pipe's setup kwargs"""

#>>> _edited_ by dee on Mon Jul  1 10:00:00 2019
#>>> Packl creation, settings default values.
name = 'my_pipe'
version = '0.0.1rc0'
install_requires = []
extra_requires = {}
_secret = 1

#>>> _edited_ by dee on Mon Jul  1 10:05:00 2019
#>>> needed
added = 'pipl-pipe'
if added not in install_requires:
    install_requires.append(added)

#>>> again
added = 'pipl-pipe'
if added not in install_requires:
    install_requires.append(added)

added = 'maya-tools>=2'
values = extra_requires.get('edit')
if values is None:
    values = []
    extra_requires['edit'] = values
if added not in values:
    values.append(added)

version = '0.1.0'
'''


def write(folder: Path, text: str) -> Path:
    path = folder / "__setupl__.py"
    path.write_text(text, encoding="utf-8")
    return path


def test_the_whole_history_is_followed(tmp_path: Path) -> None:
    assert setupl.read(write(tmp_path, HISTORY)) == {
        "name": "my_pipe",
        "version": "0.1.0",
        "install_requires": ["pipl-pipe"],
        "extra_requires": {"edit": ["maya-tools>=2"]},
    }


@pytest.mark.parametrize(
    "text",
    [
        "import os\n",
        "name = open('/etc/passwd').read()\n",
        "name = __import__('os').system('true')\n",
        "name = 'a' if True else 'b'\n",
        "for x in (1, 2):\n    pass\n",
        "unknown.append(1)\n",
        "name = other\n",
        "name = 'a\n",
    ],
)
def test_what_would_have_to_be_executed_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(NotMigratable):
        setupl.read(write(tmp_path, text))


def test_the_refusal_names_the_line(tmp_path: Path) -> None:
    with pytest.raises(NotMigratable, match="line 2"):
        setupl.read(write(tmp_path, "name = 'a'\nversion = compute()\n"))
