"""What the figures were measured on."""

import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

_PACKAGES = (
    "sling",
    "dlt",
    "connectorx",
    "ingestr",
    "pandas",
    "pyarrow",
    "mysqlclient",
    "sqlalchemy",
    "duckdb",
)


def cpu_model() -> str:
    found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return found.group(1) if found else platform.machine()


def cpu_slug() -> str:
    return re.sub(r"[^a-z0-9]+", "-", cpu_model().lower()).strip("-")


def memory_gb() -> float:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9


def operating_system() -> str:
    found = re.search(r'PRETTY_NAME="(.+)"', Path("/etc/os-release").read_text())
    return f"{found.group(1) if found else 'Linux'}, kernel {platform.release()}"


def versions(keelboat: Path) -> dict[str, str]:
    said = subprocess.run(
        [keelboat, "--version"], capture_output=True, text=True, check=True
    )
    found = {"keelboat": said.stdout.split()[-1] if said.stdout.split() else "unknown"}
    for package in _PACKAGES:
        found[package] = importlib.metadata.version(package)
    return found
