"""Engines, where jobs run. Others register in the entry point group `pipl.ci_engines`."""
