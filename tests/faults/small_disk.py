"""A folder that is a disk of a few megabytes, seen only by programs started inside.

The disk lives in a mount namespace of its own, so that nothing stays mounted: it goes with
the process that holds it.
"""

import json
import subprocess
import sys
from pathlib import Path

from own_mounts import OWN_MOUNTS, mounts_of


class SmallDisk:
    """Mounts `size` bytes of memory on `folder` (which is created)."""

    def __init__(self, folder: Path, size: int) -> None:
        self.folder = folder
        self._size = size

    def __enter__(self) -> "SmallDisk":
        self.folder.mkdir(parents=True, exist_ok=True)
        mount = 'mount -t tmpfs -o "size=$1" small "$2" && echo ready && exec cat'
        self._holder = subprocess.Popen(
            [
                *OWN_MOUNTS,
                "sh",
                "-c",
                mount,
                "sh",
                str(self._size),
                str(self.folder),
            ],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        if self._holder.stdout.readline() != "ready\n":
            raise RuntimeError(f"mounting a small disk: {self._holder.communicate()[1]}")
        return self

    def __exit__(self, *_) -> None:
        self._holder.communicate()

    @property
    def prefix(self) -> tuple[str, ...]:
        """What to write before a command so that it sees the disk."""
        return mounts_of(self._holder.pid)

    def python(self, code: str, *arguments: str):
        """Runs a program inside; returns what it printed, read as JSON."""
        done = subprocess.run(
            [*self.prefix, sys.executable, "-c", code, *arguments],
            capture_output=True,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def fill(self, leave: int) -> None:
        """Takes everything but `leave` bytes."""
        subprocess.run(
            [
                *self.prefix,
                "sh",
                "-c",
                'cd "$1" && free=$(($(stat -f -c "%a * %S" .) - $2)) && '
                'head -c "$free" /dev/zero >ballast',
                "sh",
                str(self.folder),
                str(leave),
            ],
            check=True,
        )

    def free(self) -> None:
        subprocess.run(
            [*self.prefix, "rm", "-f", str(self.folder / "ballast")], check=True
        )
