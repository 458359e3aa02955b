"""What takes the room in an image: by layer, package and file; and what it may take at most.

Reads images, of Lading's making and others'. Start reading at `explaining.py`.
"""
