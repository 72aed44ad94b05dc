"""Where a call may go, and in which order."""
