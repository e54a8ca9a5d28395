"""A Snowflake service for tests; README.md tells what it does and what it cannot."""

from .process import Snowflake, snowflake

__all__ = ["Snowflake", "snowflake"]
