"""Runs the scenarios side by side, checks what they wrote, and only then counts time."""
