"""The OpenAI Responses dialect."""

from __future__ import annotations

from plexus.transforms.codec import Dialect
from plexus.transforms.dialects.openai_responses.dialect import Responses

DIALECT: Dialect = Responses()
