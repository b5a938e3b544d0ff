"""Paths and names from fields, and fields from paths: one engine below every notation."""
