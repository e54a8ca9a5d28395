"""Processes by number: what they started, whether they are still there."""

import os
import signal
import subprocess
import time
from collections.abc import Callable


def _stat(pid: int | str) -> list[str]:
    """State, parent and so on; empty when there is no such process."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return []


def descendants_of(pid: int) -> list[int]:
    parents = {}
    for name in filter(str.isdigit, os.listdir("/proc")):
        if stat := _stat(name):
            parents[int(name)] = int(stat[1])
    found = [pid]
    for process in found:
        found += [child for child, parent in parents.items() if parent == process]
    return found[1:]


def alive(pid: int) -> bool:
    stat = _stat(pid)
    return bool(stat) and stat[0] != "Z"


def stopped(pid: int) -> bool:
    """By SIGSTOP or the like."""
    return _stat(pid)[:1] == ["T"]


def pending(pid: int) -> set[int]:
    """Signals that were sent to a process and wait to be taken."""
    with open(f"/proc/{pid}/status") as status:
        (mask,) = [line.split()[1] for line in status if line.startswith("ShdPnd:")]
    return {number for number in range(1, 65) if int(mask, 16) >> (number - 1) & 1}


def wait_until(condition, seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.005)


def interrupted(process: subprocess.Popen) -> float:
    """Sends Ctrl-C's signal, sees the program end as it says it does (code 130); how long
    that took. Its output is read and dropped."""
    process.send_signal(signal.SIGINT)
    asked = time.monotonic()
    process.wait(timeout=60)
    took = time.monotonic() - asked
    assert process.returncode == 130
    process.communicate()
    return took


def ends_within(seconds: float, attempt: Callable[[], float]) -> None:
    """`attempt` tells how long something took. A machine may stand still for a while, but
    hardly three times; what is too slow by itself always is."""
    took = []
    while not took or took[-1] >= seconds:
        assert len(took) < 3, f"it took {took} s, not {seconds}"
        took.append(attempt())
