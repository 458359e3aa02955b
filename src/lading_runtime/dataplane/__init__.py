"""Bodies to arguments, results to bodies. Runs in a worker and knows no transport.

Start at `plane.py`.
"""
