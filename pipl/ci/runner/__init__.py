"""The runner: reads the feed, queues runs, starts jobs, writes to the indexes, records the ends.

`runner.Runner` is the whole; `parts` is what it is made of; `feeding`, `working`, `acts` and
`lease` are its pieces, each with a state of its own.
"""
