"""The day two orders vanished, replayed and explained for a reader (design 6.4), in four parts.

An unsafe set-up that must lose exactly two of seventeen (the control: otherwise the drill proves
nothing), the auditor's word on that very file, the same day with Bodega, and the worst case: yesterday's
backup, and Stripe. Every number that is told comes from the run itself.
"""
