"""Rewrite JSON Schemas for wires that take only part of the language.

Pure functions that return new values and never change what they are given; what is lost is noted in
a receipt, with the path of the keyword.
"""

from plexus.transforms.schema.gemini import for_gemini
from plexus.transforms.schema.inline import inline_refs
from plexus.transforms.schema.lower import lowercase_types

__all__ = ["for_gemini", "inline_refs", "lowercase_types"]
