"""Changes of variables as the shells' own statements: one module per shell, behind one Protocol.

What is here also runs as a copy in workspaces' environments, when they are activated: it keeps to
Python 3.9, the standard library and `pipl_pipe.variables`.
"""
