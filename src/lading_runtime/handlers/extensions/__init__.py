"""Types that the user's own packages bring: each module knows one. `known.py` asks them all.

None of them is ever imported from here: a hint or a value of theirs exists only where the user's
code has imported the package, and then `sys.modules` has it.
"""
