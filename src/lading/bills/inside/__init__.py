"""What an image's layers say of what is in them, read where scanners read it.

dpkg's records and copyright files, METADATA of Python packages, os-release. The image itself is
read and not the lock: so a base that others made is told too, and what is told is there. What a
layer says is remembered by its digest. Start at `reading.py`.
"""
