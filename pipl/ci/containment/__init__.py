"""Keeping a job's processes together and within their limits, as far as the system helps.

Modules import the standard library only: they are loaded for each job.
"""
