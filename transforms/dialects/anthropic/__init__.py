"""Anthropic's Messages format, spoken by Anthropic and the servers compatible with it."""

from __future__ import annotations

from plexus.transforms.codec import Dialect
from plexus.transforms.dialects.anthropic.dialect import Messages

DIALECT: Dialect = Messages()
