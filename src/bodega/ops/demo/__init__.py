"""The demo shop *Bodega Prints*: what `bodega demo` puts into an empty volume (design 7.2)."""
