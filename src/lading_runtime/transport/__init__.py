"""HTTP/1.1 as bytes: listens, parses within limits, writes answers. Start at `connection.py`."""
