"""The demonstration: one night's work of keelboat, and what came of it."""
