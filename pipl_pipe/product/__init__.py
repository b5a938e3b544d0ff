"""Products: typed libraries of assets, and the wheels that carry them."""

from pipl_pipe.product.product import Product, new, product_types

__all__ = ["Product", "new", "product_types"]
