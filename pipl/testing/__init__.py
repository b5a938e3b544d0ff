"""Real parts for tests of pipl and of what is built on it: servers, indexes, distributions."""
