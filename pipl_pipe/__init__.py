"""The pipeline framework: assets, products, tasks and the services that packls register.

Importing it loads the standard library only, so that it also runs inside the
interpreters of digital content creation tools (Python 3.9+).
"""

__version__ = "1.0.0a1"
