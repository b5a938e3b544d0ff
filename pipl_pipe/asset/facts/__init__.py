"""Facts for people about an asset, recorded when it is stored: what a library reads cheaply.

OpenImageIO and usd-core are optional. Both are asked in a process of its own, so that a file
that hangs or crashes them costs its facts and nothing else.
"""
