"""One file per deviation of an OpenAI-compatible provider; each ends in a `QUIRK` constant."""
