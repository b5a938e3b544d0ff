"""Suites for those who replace a part of the framework: run them over your implementation."""
