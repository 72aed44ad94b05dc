"""What mitmproxy's own tools see of a call: its attempts as flows of their own."""
