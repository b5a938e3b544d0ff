"""Package indexes: what they hold, and how to read and change them."""
