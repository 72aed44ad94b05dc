"""What may stand in a configuration file: one pydantic model per section."""
