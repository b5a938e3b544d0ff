"""Bundles: a workspace as a folder that recreates it without a network."""
