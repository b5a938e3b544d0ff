# Sourced by ci/demo and ci/test: makes the development environment inside the clone.
# Needs Python 3.10+ with venv, and a package index that pip reaches.
set -eu
ROOT=$(cd "$(dirname "$0")/.." && pwd)
HOME_DIR="$ROOT/.pipl-dev"
VENV="$HOME_DIR/venv"

find_python() {
    for candidate in "${PIPL_PYTHON:-}" python3 python3.13 python3.12 python3.11 python3.10 python; do
        [ -n "$candidate" ] || continue
        if "$candidate" -c 'import sys, venv; sys.exit(sys.version_info < (3, 10))' 2>/dev/null; then
            echo "$candidate"
            return
        fi
    done
    echo "error: no Python 3.10 or newer with venv was found" >&2
    echo "hint: install one, or name it: PIPL_PYTHON=/path/to/python $0" >&2
    exit 1
}

# The environment is made again when its recipe changes, and only completed ones carry the mark.
prepare() {
    extras=$1
    recipe="$(cksum <"$ROOT/setup.cfg") $(cksum <"$ROOT/pyproject.toml") $extras"
    if [ ! -x "$VENV/bin/python" ] || [ "$(cat "$HOME_DIR/recipe" 2>/dev/null)" != "$recipe" ]; then
        python=$(find_python)
        echo "Setting up $VENV (once)…" >&2
        mkdir -p "$HOME_DIR"
        "$python" -m venv "$VENV"
        "$VENV/bin/python" -m pip install -q --disable-pip-version-check --upgrade "pip>=25.1"
        "$VENV/bin/python" -m pip install -q --disable-pip-version-check -e "$ROOT$extras"
        # pipl starts hundreds of times in the tests, also where no byte code may be written
        "$VENV/bin/python" -m compileall -q "$ROOT/pipl" "$ROOT/pipl_pipe"
        echo "$recipe" >"$HOME_DIR/recipe"
    fi
    PATH="$VENV/bin:$PATH"
    export PATH
    unset PYTHONPATH PYTHONHOME VIRTUAL_ENV
}
