"""Housekeeping of a project's asset store: what keeps assets, and checking, sweeping, measuring."""
