"""The power fails at a random moment: what is on the disk then, and is every acknowledged order in it?

`recording` runs several processes on one database and notes every write and sync (with `recorder.c`);
`disk` makes from that what a disk may hold after a cut at some moment; `drill` lets SQLite recover it
and counts.
"""
