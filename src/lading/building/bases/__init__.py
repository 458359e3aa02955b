"""Images of somebody else's: to build on, or to run as they are.

`supply.py` brings one into the store, `tree.py` knows what is in it, `unpacked.py` has a few of its
files on this machine, `pythons.py` and `libc.py` find what is to be known of it, `looking.py` makes
the value that a lock keeps. Nothing of an image is run. Start at `looking.py`.
"""
