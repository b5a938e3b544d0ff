"""The ledger: every run and its state, who works on it, what it left, how far the feed is read.

`database.Ledger` is the open database; each function of the other modules is one transaction:
it has happened as a whole, or not at all. Times are given by the caller, in seconds since the
epoch. Every function raises DiskFull where nothing can be written, LedgerAway where the database
cannot be reached.
"""
