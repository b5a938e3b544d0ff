"""Packls as people make them: created, edited, built, published, migrated."""
