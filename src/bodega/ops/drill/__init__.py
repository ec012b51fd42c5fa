"""Would we survive it? Drills that break things on purpose, in scratch directories, never in a shop.

`faults`: everything that is known to lose a commit, first without Bodega's guards (the control: it must
lose, or the drill proves nothing) and then with them. `powercut`: the power fails at a random moment.
"""
