"""Where deploy/ is, and what the program and its documentation know."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
BINARY = ROOT / "build" / "release" / "keelboat"


def documented_variables() -> set[str]:
    """The variables that docs/configuration.md names."""
    text = (ROOT / "docs" / "configuration.md").read_text()
    return set(
        re.findall(r"`((?:KEELBOAT|MYSQL|MINIO|SNOWFLAKE|METABASE|AWS)_[A-Z_]+)`", text)
    )


def help_of(*command: str) -> str:
    return subprocess.run(
        [BINARY, *command, "--help"], check=True, capture_output=True, text=True
    ).stdout
