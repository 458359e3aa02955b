"""What a handler's source says of it, without importing it: what surely cannot be served.

`sources.py` reads modules, `names.py` says what binds a name in one, `finding.py` follows
`module:attribute` to a class or function, `classes.py` gathers a class's methods, `judging.py` and
`arguments.py` hold them to what the server serves. What cannot be told from the text alone (a
star-import, a decorator, a base from a package) is left to the server, never refused. Start at
`checking.py`.

`offering.py` gives what a handler takes and answers as a `lading.building.contracts.Contract`, with
`annotations.py` for hints, `origins.py` for the names in them and `records.py` for classes of data.
"""

from lading.building.handler.checking import check, check_all

__all__ = ["check", "check_all"]
