"""Interpreters, environments, locks, and the installers that fill one from the other."""
