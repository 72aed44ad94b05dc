"""OpenAI's chat completions, and the servers that speak it more or less."""

from __future__ import annotations

from typing import Final

from plexus.transforms.codec import Dialect

from .dialect import OpenAIChatDialect

DIALECT: Final[Dialect] = OpenAIChatDialect()
