"""Packl skeletons that `pipl packl create --template NAME` renders.

Each folder is one, registered by the entry group `pipl.templates`; how its files are named
and filled in is told by `pipl.packl.template`.
"""
