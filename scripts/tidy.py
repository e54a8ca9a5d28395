"""Run clang-tidy over our sources, in parallel, remembering clean verdicts.

usage: tidy.py [--build DIR] [--jobs N] [FILE...]

A verdict is kept under build/tidy-cache by a hash of everything that it depends on: the
source, the project headers that it includes (followed through), its compile command, the
third-party versions, .clang-tidy and clang-tidy's version. So a warm run takes seconds.
"""

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

from project_files import ROOT

CACHE = ROOT / "build" / "tidy-cache"
TIDY = ROOT / ".venv" / "bin" / "clang-tidy"
INCLUDE = re.compile(rb'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)[">]', re.MULTILINE)
FOLDERS = ("src", "include", "python", "tests", "cmake", "bench")


@cache
def read(path: Path) -> bytes:
    return path.read_bytes()


def resolve_include(name: str, includer: Path) -> Path | None:
    for base in (includer.parent, ROOT / "src", ROOT / "include", ROOT):
        candidate = base / name
        if candidate.is_file():
            return candidate.resolve()
    return None


def project_closure(source: Path) -> list[Path]:
    """`source` and every project header that it includes, directly or not."""
    seen, waiting = {source}, [source]
    while waiting:
        current = waiting.pop()
        for match in INCLUDE.finditer(read(current)):
            found = resolve_include(match.group(1).decode(), current)
            if found and found not in seen:
                seen.add(found)
                waiting.append(found)
    return sorted(seen)


def key_of(entry: dict, shared: bytes) -> str:
    digest = hashlib.sha256(shared)
    digest.update(entry["command"].replace(str(ROOT), "").encode())
    for path in project_closure(Path(entry["file"])):
        digest.update(str(path.relative_to(ROOT)).encode() + b"\0")
        digest.update(hashlib.sha256(read(path)).digest())
    return digest.hexdigest()


def shared_inputs() -> bytes:
    version = subprocess.run([TIDY, "--version"], capture_output=True, check=True).stdout
    parts = [version, read(ROOT / ".clang-tidy"), read(ROOT / "requirements.txt")]
    return hashlib.sha256(b"\0".join(parts)).digest()


def own_entries(build: Path, wanted: list[str]) -> list[dict]:
    entries = {}
    for entry in json.loads((build / "compile_commands.json").read_text()):
        path = Path(entry["file"]).resolve()
        if not path.is_relative_to(ROOT):
            continue
        name = path.relative_to(ROOT)
        if name.parts[0] in FOLDERS and (not wanted or str(name) in wanted):
            entries.setdefault(path, entry | {"file": str(path)})
    return [entries[path] for path in sorted(entries)]


def run_tidy(build: Path, path: str) -> str:
    """The findings, empty for none."""
    done = subprocess.run(
        [TIDY, "--quiet", "-p", str(build), path],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode == 0:
        return ""
    return (
        done.stdout.strip()
        or done.stderr.strip()
        or f"clang-tidy: exit {done.returncode}"
    )


def check(build: Path, entry: dict, shared: bytes) -> tuple[str, bool]:
    """The findings, and whether the verdict was remembered."""
    verdict = CACHE / key_of(entry, shared)
    if verdict.exists():
        verdict.touch()
        return "", True
    findings = run_tidy(build, entry["file"])
    if not findings:
        verdict.touch()
    return findings, False


def drop_old_verdicts(days: int = 14) -> None:
    for verdict in CACHE.iterdir():
        if time.time() - verdict.stat().st_mtime > days * 86400:
            verdict.unlink(missing_ok=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("files", nargs="*", metavar="FILE")
    arguments = parser.parse_args()
    entries = own_entries(arguments.build, arguments.files)
    if not entries:
        print("no source of ours is in compile_commands.json", file=sys.stderr)
        return 1
    CACHE.mkdir(parents=True, exist_ok=True)
    shared = shared_inputs()
    bad = remembered = 0
    with ThreadPoolExecutor(arguments.jobs) as pool:
        for findings, known in pool.map(
            lambda entry: check(arguments.build, entry, shared), entries
        ):
            remembered += known
            if findings:
                bad += 1
                print(findings.replace(f"{ROOT}/", ""), flush=True)
    drop_old_verdicts()
    print(f"{len(entries)} files, {remembered} remembered, {bad} with findings")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
