"""Looking after a store: collecting, checking, mending."""
