"""One selector a file; each ends in a `SELECTOR` constant and is found by `registry`."""
