"""The user's code: loaded, its type hints read as the schema. Start at `loading.py`."""
