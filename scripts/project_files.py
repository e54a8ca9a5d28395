"""Which files are ours: tracked, or new and not ignored."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def list_files(*suffixes: str) -> list[Path]:
    """Paths below the root, sorted, whose name ends with one of `suffixes`."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    return sorted(
        Path(name)
        for name in set(listed)
        if name.endswith(suffixes) and (ROOT / name).is_file()
    )
