"""lading.yaml, read into the domain's own values, with errors that name file, line and key.

`schema.py` is the definition (and the JSON Schema), `reader.py` reads and explains, `app.py` turns
what was read into recipes, steps and the gateway's listener. May import `lading.pipelines`,
`lading.releases`, `lading.building`, `lading.engines`, `lading.gateway`. Start at `app.py`.
"""
