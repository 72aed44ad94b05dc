"""Responses that remember: what was said is stored, and the next turn need not send it again."""
