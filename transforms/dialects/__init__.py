"""One package per wire format; each ends in a `DIALECT` constant and is found by `registry`."""
