"""Who requires whom among the packls of an index, and what a new product version sets off."""
