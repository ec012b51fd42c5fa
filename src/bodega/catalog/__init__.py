"""What is sold: products, variants, stock, images, categories, search."""
