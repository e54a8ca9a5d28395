"""The three generations of servers that clients meet: where their answers differ."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Profile:
    name: str
    tag: str
    # A failed query says so by its status, not only in its body.
    fails_by_status: bool
    # An error after rows cuts the connection; else its JSON is appended and the body ends well.
    aborts_after_rows: bool
    # What a client asks for in `constraints` and `middleware` counts.
    honours_constraints: bool
    # Which integers /api/dataset writes as strings: all beyond 2^53 - 1, or keys of MBQL only.
    big_integers_as_strings: bool
    # A streamed response is the last of its connection.
    closes_connections: bool
    # Jackson writes one line; before, rows stood on lines and each was flushed.
    compact: bool
    # Exports take JSON bodies and know format_rows.
    json_export_bodies: bool
    # The second of two equal names gets a suffix; native columns have a database_type.
    unique_names: bool
    specific_errors: bool
    version_header: bool
    # A full or slow pool is an error; before, requests waited.
    pool_gives_up: bool
    json_not_found: bool
    multi_factor: bool


V48 = Profile(
    name="v48",
    tag="v0.48.3",
    fails_by_status=False,
    aborts_after_rows=False,
    honours_constraints=True,
    big_integers_as_strings=False,
    closes_connections=False,
    compact=False,
    json_export_bodies=False,
    unique_names=False,
    specific_errors=False,
    version_header=False,
    pool_gives_up=False,
    json_not_found=False,
    multi_factor=False,
)
V55 = Profile(
    name="v55",
    tag="v0.55.8",
    fails_by_status=False,
    aborts_after_rows=False,
    honours_constraints=True,
    big_integers_as_strings=True,
    closes_connections=True,
    compact=True,
    json_export_bodies=True,
    unique_names=True,
    specific_errors=True,
    version_header=False,
    pool_gives_up=False,
    json_not_found=False,
    multi_factor=False,
)
V63 = Profile(
    name="v63",
    tag="v0.63.1",
    fails_by_status=True,
    aborts_after_rows=True,
    honours_constraints=False,
    big_integers_as_strings=True,
    closes_connections=True,
    compact=True,
    json_export_bodies=True,
    unique_names=True,
    specific_errors=True,
    version_header=True,
    pool_gives_up=True,
    json_not_found=True,
    multi_factor=True,
)
PROFILES = {profile.name: profile for profile in (V48, V55, V63)}
