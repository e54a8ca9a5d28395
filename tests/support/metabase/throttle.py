"""Counts failed logins as the server does: refused tries count too."""


class Throttle:
    def __init__(self, attempts: int, clock):
        self._attempts = attempts
        self._clock = clock
        self._failures: dict[str, list[float]] = {}

    def wait_seconds(self, key: str) -> int:
        """0: may try. The figure is what the message says; the block lasts until failures age."""
        now = self._clock()
        recent = [at for at in self._failures.get(key, []) if at > now - 3600]
        self._failures[key] = recent
        over = len(recent) - self._attempts
        return max(1, round(15 * (over + 1) ** 1.5)) if over >= 0 else 0

    def record_failure(self, key: str) -> None:
        self._failures.setdefault(key, []).append(self._clock())
