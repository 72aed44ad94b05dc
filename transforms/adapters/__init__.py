"""One file per way of changing finished requests; each ends in an `ADAPTER` constant."""
