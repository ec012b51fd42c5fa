"""Is the data true? Every question a named query that returns the rows which answer it with "no".

Reads only, in a process of its own and in one snapshot, so it may run beside a living shop, or on a copy
of the volume. Whether Stripe agrees is `bodega reconcile`'s question, whether the machine is well is
`bodega doctor`'s. One file a theme; `gaps` says of every missing order id what became of it.
"""
