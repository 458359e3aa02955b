"""What a wheel can be made of: archives of an index, folders, git repositories, files.

Start at `origin.py`; `direct.py` reads what a requirement says, `fetch.py` brings it here.
"""
