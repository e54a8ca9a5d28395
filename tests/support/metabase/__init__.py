"""A stand-in for a Metabase server: see README.md."""

from .process import Metabase, metabase

__all__ = ["Metabase", "metabase"]
