"""Google Gemini's generateContent format (wire-formats.md §4)."""

from plexus.transforms.dialects.gemini.dialect import DIALECT

__all__ = ["DIALECT"]
