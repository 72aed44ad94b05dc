"""Everything that touches a flow: the gateway as a chain of mitmproxy addons."""
