"""Runs keelboat and reads its report."""

import ctypes
import json
import os
import signal
import subprocess
import threading
from dataclasses import dataclass
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_LOOK_SECONDS = 0.1


@dataclass
class Ended:
    """What came of one command."""

    code: int
    report: dict | None  # unless it could not give one
    peak_bytes: int  # keelboat's own memory, without dbt's


def run_keelboat(
    program: Path,
    project: Path,
    environment: str,
    variables: dict[str, str],
    *command: str,
) -> Ended:
    """`keelboat --env ENVIRONMENT --json COMMAND`.

    Progress goes to our standard error. A signal that would end us is handed on, once,
    and keelboat's own clean stop is waited for.
    """
    with subprocess.Popen(
        [program, "-C", project, "--env", environment, "--json", *command],
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
        memory = _Memory(keelboat.pid)
        try:
            output = keelboat.stdout.read()
            code = keelboat.wait()
        finally:
            memory.stop()
            for number, handler in before.items():
                signal.signal(number, handler)
    return Ended(128 - code if code < 0 else code, _report(output), memory.peak_bytes)


class _Memory:
    """Watches the largest resident set of one process."""

    def __init__(self, pid: int):
        self.peak_bytes = 0
        self._status = Path(f"/proc/{pid}/status")
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._ended.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                return
            for line in lines:
                if line.startswith("VmHWM:"):
                    self.peak_bytes = int(line.split()[1]) * 1024


def _stop_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGINT)


def _report(output: bytes) -> dict | None:
    try:
        report = json.loads(output)
    except ValueError:
        return None
    return report if isinstance(report, dict) and "tables" in report else None
