"""What must survive a restart: where files lie, and one database.

`folders.py` says where; `database.py` opens the database and brings it up to date; `record.py`
reads and writes it; `glance.py` only looks; `tables.py` is its shape. May import only
`lading.errors`. Start at `record.py`.
"""
