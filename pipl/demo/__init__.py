"""`pipl demo`: the whole road on real parts, from an empty folder to a shot."""
