"""The pictures of the demo shop, drawn by code once: `python -m bodega.ops.demo.art`."""
