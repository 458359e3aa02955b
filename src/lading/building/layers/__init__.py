"""Layers: entries in, one reproducible blob out.

`entry.py` is what a layer consists of, `tar.py` writes entries the same way every time. A module
for each kind of layer says which entries it has.
"""
