"""Handlers, what CI does with a release. Others register in the group `pipl.ci_handlers`."""
