"""Why requirements cannot be met together, and which single change would help."""
