"""The command line: one file per command, the only part that prints and exits.

May import everything. Commands are imported when they are called, so `lading --help` stays quick.
Start at `main.py`.
"""
