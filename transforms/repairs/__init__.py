"""One file per way of mending a request that a provider refused (dataplane.md §3.6)."""
