"""Measures Lading beside the tools people use today: `python -m bench` writes `RESULTS.md`.

Both sides of every figure run in one call, by turns (A B A B …), so that whatever else the machine
does falls on both. A figure is the median of the ratios of such pairs. Needs root: it starts a
Docker Engine of its own where none answers. Start at `__main__.py`; `works/` has one module for
each thing that is measured.

`python -m bench serving` is the part about the serving runtime alone; it needs neither root nor
Docker, and `serving/` is where it lies.
"""
