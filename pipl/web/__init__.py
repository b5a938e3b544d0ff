"""The devpi-server plugin: the project's event feed, its assets, and indexes of type `pipl`."""
