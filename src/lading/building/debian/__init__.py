"""Debian packages without apt or dpkg: signed indexes, closed dependencies, unpacked files.

`archive.py` fetches and verifies, `index.py` knows the packages of a suite, `resolve.py` closes
over dependencies, `rootfs.py` turns packages into a layer's entries.
"""
