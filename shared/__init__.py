"""The few helpers that notebooks share. Importing this package imports nothing heavy."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
