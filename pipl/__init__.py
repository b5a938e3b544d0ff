"""pipl, the Package Index PipeLine."""

__version__ = "1.0.0a1"
