"""Help, versions, completions and a command line that makes no sense."""

import subprocess

import pytest
from project_folder import BINARY

COMMANDS = (
    "init check setup plan run fetch extract load transform dbt status history verify vacuum completions"
).split()


def keelboat(*arguments: str, **settings) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(BINARY), *arguments], capture_output=True, text=True, check=False, **settings
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(command):
    done = keelboat(command, "--help")
    assert done.returncode == 0
    assert f"keelboat {command}" in done.stdout
    assert "Example" in done.stdout
    assert done.stderr == ""


def test_the_main_help_lists_every_command_and_the_exit_codes():
    text = keelboat("--help").stdout
    for command in COMMANDS:
        assert f"  {command} " in text
    assert "130 interrupted" in text


def test_help_works_from_a_folder_that_is_gone(tmp_path):
    gone = tmp_path / "gone"
    gone.mkdir()
    done = subprocess.run(
        ["sh", "-c", f"cd {gone} && rmdir {gone} && {BINARY} --help"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "run" in done.stdout


def test_version():
    assert keelboat("--version").stdout.startswith("keelboat 0.")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["rnu"], ["'rnu'", "'run'"]),
        (["ui"], ["'ui'"]),
        (["fetch"], ["source is required"]),
        (["run", "--tset-mode"], ["--tset-mode", "--test-mode"]),
        (["run", "--jsn"], ["--jsn", "--json"]),
        ([], ["which command"]),
        (["check", "sorce"], ["sorce"]),
        (["history", "--most", "x"], ["--most"]),
        (["completions", "tcsh"], ["tcsh"]),
    ],
)
def test_a_command_line_that_makes_no_sense(arguments, words):
    done = keelboat(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    for word in words:
        assert word in done.stderr


def test_a_reader_that_goes_away_is_no_error():
    done = subprocess.run(
        ["bash", "-c", f"set -o pipefail; {BINARY} completions bash | head -1"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert done.stderr == ""


def completed(words: list[str]) -> set[str]:
    script = (
        f"source <({BINARY} completions bash); COMP_WORDS=({' '.join(words)}); "
        f"COMP_CWORD={len(words) - 1}; _keelboat; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    )
    done = subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def test_bash_completes_commands_and_flags():
    assert {"run"} <= completed(["keelboat", "ru"])
    assert {"--test-mode", "--full-refresh"} <= completed(["keelboat", "run", "--"])
    assert "--test-mode" not in completed(["keelboat", "status", "--"])


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completions_name_every_command(shell):
    text = keelboat("completions", shell).stdout
    for command in COMMANDS:
        assert command in text
