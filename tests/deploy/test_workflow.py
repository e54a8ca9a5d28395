"""deploy/github/batch-pipeline.yml: every night at two, with what keelboat has."""

import re
import shlex
import subprocess

from deployment import DEPLOY, documented_variables

TEXT = (DEPLOY / "github" / "batch-pipeline.yml").read_text()


def steps(workflow: dict) -> list[dict]:
    return workflow["jobs"]["run"]["steps"]


def test_every_night_at_two_and_by_hand(workflow):
    assert workflow["on"]["schedule"] == [{"cron": "0 2 * * *"}]
    assert set(workflow["on"]["workflow_dispatch"]["inputs"]) == {
        "environment",
        "full_refresh",
    }


def test_one_run_at_a_time_and_few_rights(workflow):
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["concurrency"]["cancel-in-progress"] == "false"
    assert 0 < int(workflow["jobs"]["run"]["timeout-minutes"]) <= 360


def test_variables_are_documented(workflow):
    given = set(workflow["jobs"]["run"]["env"]) - {"KEELBOAT_IMAGE"}
    assert {"MYSQL_HOST", "MINIO_ENDPOINT", "SNOWFLAKE_ACCOUNT", "KEELBOAT_ENV"} <= given
    assert given <= documented_variables(), given - documented_variables()


def test_secrets_come_from_secrets_and_the_head_lists_all():
    head = TEXT.split("\nname:")[0]
    named = re.findall(r"\$\{\{ (secrets|vars)\.([A-Z_]+) \}\}", TEXT)
    assert len(named) > 10
    for kind, name in named:
        assert re.search(rf"\b{name}\b", head), f"{name} is not in the head"
        secret = "PASSWORD" in name or "KEY" in name or name == "MINIO_ROOT_USER"
        assert (kind == "secrets") == secret, name


def test_commands_exist(workflow, check_command):
    typed = []
    for step in steps(workflow):
        for line in re.findall(
            r"(?:^|[;{] )(keelboat [^;\n]+)", step.get("run", ""), re.M
        ):
            typed.append(shlex.split(line)[1:])
    assert [words[0] for words in typed] == ["check", "run", "status"]
    for words in typed:
        check_command([word for word in words if not word.startswith("$")])
    check_command(["run", re.search(r"'(--full-[a-z]+)'", TEXT)[1]])


def test_shell_parses(workflow):
    scripts = [step["run"] for step in steps(workflow) if "run" in step]
    assert len(scripts) == 5
    for script in scripts:
        done = subprocess.run(
            ["bash", "-n"], input=script, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr


def test_the_program_of_the_container_starts(workflow, tmp_path):
    """The script that the workflow writes, with a `docker` that tells what it was given."""
    prepare = next(
        s["run"] for s in steps(workflow) if s.get("name") == "Prepare keelboat"
    )
    docker = tmp_path / "docker"
    docker.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    docker.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:/usr/bin:/bin",
        "RUNNER_TEMP": str(tmp_path / "temp"),
        "GITHUB_PATH": str(tmp_path / "path"),
        "GITHUB_WORKSPACE": "/my project",
        "KEELBOAT_IMAGE": "keelboat:1",
        "KEELBOAT_ENV": "prod",
        "MYSQL_PASSWORD": "hunter2",
        "SNOWFLAKE_ROLE": "R",
    }
    subprocess.run(
        ["bash", "-e", "-c", prepare],
        env=environment | {"SNOWFLAKE_PRIVATE_KEY": "-----BEGIN\nkey\n"},
        check=True,
        capture_output=True,
    )
    key = tmp_path / "temp" / "keys" / "rsa_key.p8"
    assert key.read_text().startswith("-----BEGIN\nkey\n")
    assert key.stat().st_mode & 0o077 == 0
    program = (tmp_path / "path").read_text().strip() + "/keelboat"
    done = subprocess.run(
        [program, "run", "--no-progress"],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    words = done.stdout.splitlines()
    assert words[-3:] == ["keelboat:1", "run", "--no-progress"]
    assert "--volume" in words and "/my project:/project" in words
    for name in ("KEELBOAT_ENV", "MYSQL_PASSWORD", "SNOWFLAKE_ROLE"):
        assert f"--env={name}" in words
    assert "--env=KEELBOAT_IMAGE" not in words
    assert "hunter2" not in done.stdout


def test_actions_have_versions(workflow):
    used = [step["uses"] for step in steps(workflow) if "uses" in step]
    assert used
    for action in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@v\d+", action), action
