"""One process per running app: keeps what runs as it is wanted, and answers the CLI.

May import everything but `lading.cli`. Start at `app.py`.
"""
