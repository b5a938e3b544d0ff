"""How templates are written: one module or more for each notation, all compiled by one engine."""
