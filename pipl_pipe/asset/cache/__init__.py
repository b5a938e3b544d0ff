"""A machine's cache of assets: what it holds, and what goes when it is full."""
