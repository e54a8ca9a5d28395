"""What deploy/ promises is compared with the program and its documentation."""

import re
import sys
from pathlib import Path

import pytest
import yaml

sys.path.append(str(Path(__file__).resolve().parent))

from deployment import DEPLOY, help_of  # noqa: E402


@pytest.fixture(scope="session")
def commands() -> dict[str, set[str]]:
    """Each command of the program with its flags, those of the program included."""

    def flags(text: str) -> set[str]:
        return set(re.findall(r"(?<![\w-])(--[a-z-]+)", text))

    listed = help_of().split("\nSubcommands:\n")[1].split("\n\n")[0]
    names = re.findall(r"^  ([a-z]\S*)", listed, re.MULTILINE)
    shared = flags(help_of().split("\nSubcommands:\n")[0])
    return {name: shared | flags(help_of(name)) for name in names}


@pytest.fixture
def check_command(commands):
    """Fails where words after `keelboat` are no command of the program."""

    def check(words: list[str]) -> None:
        while words and words[0] in ("-C", "--env", "--project-dir"):
            words = words[2:]
        assert words and words[0] in commands, f"keelboat {' '.join(words)}"
        for word in words[1:]:
            if word == "--":
                break
            if word.startswith("--"):
                assert word in commands[words[0]], f"keelboat {words[0]} has no {word}"

    return check


@pytest.fixture
def compose() -> dict:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text())


@pytest.fixture
def workflow() -> dict:
    # YAML 1.1 reads the key `on` as true.
    text = (DEPLOY / "github" / "batch-pipeline.yml").read_text()
    return yaml.load(text, Loader=yaml.BaseLoader)
