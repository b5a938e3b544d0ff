"""Workareas and workspaces: a virtualenv, a lock, and the packls being edited."""
