"""What must survive a restart: where files lie, and one database.

May import only `lading.errors`. Start at `folders.py`.
"""
