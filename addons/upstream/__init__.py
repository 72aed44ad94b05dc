"""The way to providers: making requests, sending them, reading replies, trying the next target."""
