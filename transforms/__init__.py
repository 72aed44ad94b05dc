"""Translate between the wire formats of LLM APIs, without I/O."""
