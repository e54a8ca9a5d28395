"""Everything about a running server that a test may turn, and the rules for its faults."""

import re
from dataclasses import asdict, dataclass, field, fields

from .profile import PROFILES, Profile


@dataclass
class Fault:
    """What happens instead of a good answer, to requests whose `METHOD path` matches.

    reply    answers with status, body, content_type and headers
    drop     takes the request and resets the connection
    delay    waits for `seconds`, then goes on as usual
    expire   ends the caller's session first
    write    runs `sql` in the engine first: rows that come and go meanwhile
    fail     makes the query fail when `after_rows` rows were read (0: before any row)
    cut      ends a streamed body after `after_bytes` of what crosses the wire
             (headers not counted); how: clean, close, reset, or stall for `seconds` and reset
    """

    kind: str
    path: str = ".*"
    skip: int = 0
    times: int | None = None
    status: int = 503
    body: str = ""
    body_hex: str = ""
    content_type: str = "text/plain"
    headers: dict = field(default_factory=dict)
    seconds: float = 60.0
    after_rows: int = 0
    after_bytes: int = 0
    how: str = "reset"
    message: str = "Read timed out"
    error_type: str = "db"
    sql: str = ""

    KINDS = ("reply", "drop", "delay", "expire", "write", "fail", "cut")
    ENDINGS = ("clean", "close", "reset", "stall")

    def __post_init__(self):
        if self.kind not in self.KINDS:
            raise ValueError(f"kind {self.kind!r} is none of {', '.join(self.KINDS)}")
        if self.how not in self.ENDINGS:
            raise ValueError(f"how {self.how!r} is none of {', '.join(self.ENDINGS)}")
        self.pattern = re.compile(self.path)

    def meets(self, request: str) -> bool:
        """Whether it is this request's turn; counts it."""
        if self.times == 0 or not self.pattern.search(request):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        if self.times is not None:
            self.times -= 1
        return True


@dataclass
class Settings:
    """Names and defaults of a server's settings where it has such; the others are switches."""

    profile: str = "v63"
    latency_ms: int = 0  # before every answer, as over a long line
    initializing: bool = False
    report_timezone: str = "UTC"
    unaggregated_query_row_limit: int = 2000
    aggregated_query_row_limit: int = 10000
    download_row_limit: int = 1048575
    max_session_age_minutes: int = 20160
    session_throttle: bool = True
    clock_offset_seconds: int = 0
    streaming_threads: int = 50
    pool_size: int = 15
    pool_held: int = 0  # connections of the pool that others never give back
    pool_checkout_timeout_ms: int = 30000
    pool_max_pending: int = 30
    response_timeout_ms: int = 600000
    response_timeout_ends: str = "clean"  # or "reset"
    cancel_poll_ms: int = 1000
    shuffle_keys: bool = False
    lose_first_byte: bool = False  # of the request after a streamed response
    flush_every_row: bool = True  # exports; off: blocks of about 64 KiB
    format_rows_default: bool = False  # True in 0.49.5 to 0.52
    csv_field_separator: str = ","
    base_types: dict = field(default_factory=dict)  # a column's name -> what cols claim

    def __post_init__(self):
        if self.profile not in PROFILES:
            raise ValueError(f"profile {self.profile!r} is none of {', '.join(PROFILES)}")
        if self.response_timeout_ends not in ("clean", "reset"):
            raise ValueError("response_timeout_ends is clean or reset")

    @property
    def generation(self) -> Profile:
        return PROFILES[self.profile]

    def changed(self, changes: dict) -> "Settings":
        """A copy; ValueError names what is unknown or of another type."""
        kinds = {each.name: each.type for each in fields(self)}
        for name, value in changes.items():
            if name not in kinds:
                raise ValueError(f"there is no setting {name!r}")
            if type(value) is not kinds[name]:
                raise ValueError(f"setting {name} is of type {kinds[name].__name__}")
        return Settings(**{**asdict(self), **changes})
