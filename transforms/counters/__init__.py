"""How to ask a provider for the size of a prompt: one file per wire format that can."""
