"""Fetch and unpack the source archive that a one-package pylock.toml names.

usage: fetch_sdist.py PYLOCK SHA256 DIRECTORY
"""

import hashlib
import io
import sys
import tarfile
import tomllib
import urllib.request
from pathlib import Path


def main() -> int:
    lock, expected, directory = sys.argv[1:]
    (package,) = tomllib.loads(Path(lock).read_text())["packages"]
    with urllib.request.urlopen(package["sdist"]["url"], timeout=120) as response:
        archive = response.read()
    found = hashlib.sha256(archive).hexdigest()
    if found != expected:
        print(
            f"{package['name']} {package['version']}: the source archive's sha256 is "
            f"{found}, pinned is {expected}",
            file=sys.stderr,
        )
        return 1
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        tar.extractall(directory)  # safe: its bytes are pinned just above
    return 0


if __name__ == "__main__":
    sys.exit(main())
