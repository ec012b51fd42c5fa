"""A guest book: whoever was told "kept" is in it for good."""
