"""What the asset store asks of file systems: links, flushes, locks, leases."""
