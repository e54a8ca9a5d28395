"""Which project a call means, and what the process's environment says."""

from __future__ import annotations

import os
from pathlib import Path


def project_dir(project: str | os.PathLike | None) -> str:
    """The folder given, else $KEELBOAT_PROJECT, else the working directory."""
    return os.fspath(project or os.environ.get("KEELBOAT_PROJECT") or ".")


def variables() -> dict[str, str]:
    def plain(text: str) -> str:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")

    return {plain(name): plain(value) for name, value in os.environ.items()}


def binary() -> str:
    """The command line program that came with this package."""
    return str(Path(__file__).parent / "bin" / "keelboat")
