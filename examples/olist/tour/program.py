"""Runs keelboat and reads its report."""

import ctypes
import json
import os
import signal
import subprocess
from pathlib import Path

_PR_SET_PDEATHSIG = 1


def run_keelboat(
    program: Path, project: Path, variables: dict[str, str]
) -> tuple[int, dict | None]:
    """`keelboat run --json`: its exit code, and its report unless it could not give one.

    Progress goes to our standard error. A signal that would end us is handed on, once,
    and keelboat's own clean stop is waited for.
    """
    command = [program, "-C", project, "--env", "dev", "--json", "run"]
    with subprocess.Popen(
        command,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        # A group of its own: Ctrl-C in the terminal arrives here alone, and from here.
        process_group=0,
        preexec_fn=_stop_with_parent,
    ) as keelboat:
        numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        before = {number: signal.getsignal(number) for number in numbers}
        for number in numbers:
            signal.signal(number, lambda received, _: keelboat.send_signal(received))
        try:
            output = keelboat.stdout.read()
            code = keelboat.wait()
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
    return 128 - code if code < 0 else code, _report(output)


def _stop_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _report(output: bytes) -> dict | None:
    try:
        report = json.loads(output)
    except ValueError:
        return None
    return report if isinstance(report, dict) and "tables" in report else None
