"""What this machine is called: in marks and locks that several machines see."""

from __future__ import annotations

import os


def name() -> str:
    if hasattr(os, "uname"):
        return os.uname().nodename
    import platform  # slow to import, and knows of others

    return platform.node()
