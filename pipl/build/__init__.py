"""Making distributions: packls by PEP 517, additions to wheels, and pipl-pipe's own wheel."""
