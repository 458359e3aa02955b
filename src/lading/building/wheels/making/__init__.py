"""Wheels made of sources, in a container without a network. Start at `maker.py`.

What runs containers is above `building`: it satisfies `Workshop`.
"""
