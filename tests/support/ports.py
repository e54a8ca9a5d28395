"""Ports for servers that have to be told one."""

import random
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_LOWEST = 10_000


def free_port() -> int:
    """A port of loopback that nobody listens on, outside of those that the system gives to
    connections: nothing takes it by chance before its server does, or while it is down."""
    below = int(_RANGE.read_text().split()[0])
    if below < 2 * _LOWEST:
        below = 32_768
    while True:
        port = random.randrange(_LOWEST, below)
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
