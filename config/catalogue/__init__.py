"""The price catalogue that ships with Plexus, as data: `prices.json`."""
