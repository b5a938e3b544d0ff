"""The project: its folder, its server, its users and indexes, and who acts on it."""
