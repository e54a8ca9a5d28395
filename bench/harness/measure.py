"""One run of one scenario: wall, CPU of client and server, peak memory, output size."""

import os
import signal
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path

LIMIT_SECONDS = 600
TIMED_OUT = 124  # the exit code of what did not end within the limit
_POLL_SECONDS = 0.02
_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass
class Measurement:
    exit_code: int
    wall_seconds: float
    client_cpu_seconds: float
    server_cpu_seconds: float
    peak_rss_mb: float
    output_mb: float


def process_cpu_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


def _tree_rss(root: int) -> int:
    """Bytes resident in a process and all its descendants, right now.

    The kernel's own maximum of a child counts the memory of the Python that it was forked
    from, so it is of no use here.
    """
    total = 0
    family = [root]
    while family:
        pid = family.pop()
        try:
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            for thread in os.listdir(f"/proc/{pid}/task"):
                children = Path(f"/proc/{pid}/task/{thread}/children").read_text()
                family += map(int, children.split())
        except (OSError, IndexError):
            continue
    return total * _PAGE


class _PeakMemory(threading.Thread):
    def __init__(self, pid: int) -> None:
        super().__init__(daemon=True)
        self._pid = pid
        self._done = threading.Event()
        self.peak = 0

    def run(self) -> None:
        while not self._done.wait(_POLL_SECONDS):
            self.peak = max(self.peak, _tree_rss(self._pid))

    def stop(self) -> int:
        self._done.set()
        self.join()
        return self.peak


def folder_bytes(folder: Path) -> int:
    return sum(f.stat().st_size for f in folder.rglob("*") if f.is_file())


def measure(
    command: list[str],
    environment: dict[str, str],
    folder: Path,
    log: Path,
    output: Path,
    server_pid: int,
) -> Measurement:
    """Run to the end in `folder`; what the command says goes to `log`."""
    server_before = process_cpu_seconds(server_pid)
    with log.open("wb") as sink:
        started = time.monotonic()
        child = subprocess.Popen(
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=sink,
            stderr=sink,
            start_new_session=True,  # so that its whole family can be ended
        )
        limit = threading.Timer(LIMIT_SECONDS, os.killpg, (child.pid, signal.SIGKILL))
        memory = _PeakMemory(child.pid)
        try:
            limit.start()
            memory.start()
            _, status, usage = os.wait4(child.pid, 0)
        except BaseException:
            os.killpg(child.pid, signal.SIGKILL)
            raise
        finally:
            limit.cancel()
        wall = time.monotonic() - started
        child.returncode = os.waitstatus_to_exitcode(status)
    peak = memory.stop()
    return Measurement(
        exit_code=TIMED_OUT if wall >= LIMIT_SECONDS else child.returncode,
        wall_seconds=wall,
        client_cpu_seconds=usage.ru_utime + usage.ru_stime,
        server_cpu_seconds=process_cpu_seconds(server_pid) - server_before,
        peak_rss_mb=peak / 1e6,
        output_mb=folder_bytes(output) / 1e6,
    )
