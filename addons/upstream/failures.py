"""Say that a provider cannot be reached: in which words, and with how much of its address."""

from __future__ import annotations

from plexus.transforms.errors import GatewayError, Kind


def origin(url: str) -> str:
    """Return scheme, host and port of a URL: the part that never holds a secret."""
    scheme, _, rest = url.partition("://")
    host = rest.partition("/")[0].partition("?")[0].rpartition("@")[2]
    return f"{scheme}://{host}"


def down(where: str, what: str) -> GatewayError:
    """Return the failure of a provider; `where` is an origin."""
    return GatewayError(Kind.UPSTREAM_DOWN, f"could not reach {where}: {what}", where=where)


def late(where: str) -> GatewayError:
    """Return the failure of a provider that takes no connection in time."""
    return GatewayError(Kind.UPSTREAM_TIMEOUT, f"{where} did not answer in time", where=where)


def broken(where: str, error: OSError) -> GatewayError:
    """Return what a connection that broke means, caused by `error`."""
    return _caused(error, down(where, f"the connection broke: {_words(error)}"))


def unconnected(where: str, error: OSError) -> GatewayError:
    """Return what a connection that was never made means, caused by `error`."""
    return _caused(error, down(where, f"no connection: {_words(error)}"))


def distrusted(where: str, error: OSError) -> GatewayError:
    """Return what a certificate that is not accepted means, caused by `error`."""
    return _caused(error, down(where, f"its certificate was not accepted: {error}"))


def _words(error: OSError) -> str:
    return error.strerror or str(error) or type(error).__name__


def _caused(error: OSError, failure: GatewayError) -> GatewayError:
    # One error may have many readers: the frames of the first must not hang on it.
    error.__traceback__ = None
    failure.__cause__ = error
    return failure
