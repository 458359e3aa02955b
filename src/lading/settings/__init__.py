"""lading.yaml, read into the domain's own values, with errors that name file, line and key.

`keys.py` says which keys there are (the JSON Schema and the reference page come from it),
`kinds.py` and `compounds.py` what a value may be, `document.py` reads YAML without losing its
lines, `app.py` holds the values that come out, and `reader.py` turns one into the other. May
import `lading.pipelines`, `lading.releases`, `lading.building`, `lading.engines` and
`lading.gateway`. Start at `app.py`.
"""

from lading.settings.app import App, Service
from lading.settings.reader import FILE, find, read

__all__ = ["FILE", "App", "Service", "find", "read"]
