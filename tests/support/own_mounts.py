"""Programs that see mounts of their own; nothing of it shows outside, or stays when they end."""

import os

# Root may mount as it is, also where making a user namespace is forbidden (a chroot, some
# containers); anybody else becomes root of a user namespace first.
_ROOT = os.geteuid() == 0

# What to write before a command so that it may mount for itself alone.
OWN_MOUNTS = ("unshare", "-m") if _ROOT else ("unshare", "-rm")


def mounts_of(process: int) -> tuple[str, ...]:
    """What to write before a command so that it sees what such a process mounted."""
    enter = ("nsenter", "-t", str(process), "-m")
    return enter if _ROOT else (*enter, "-U", "--preserve-credentials")
