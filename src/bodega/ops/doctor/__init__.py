"""Is the machine well? One file a theme; every check has a stable id, a level, a sentence and a hint.

Nothing here changes anything, so it may run beside a living shop, or before it starts.
"""
