"""scripts/mutate: it lives in tools/mutate."""

from mutate.command import main

__all__ = ['main']
