"""From a recipe to an image: lock what it needs, make its layers, assemble them.

Runs nothing of the image and nothing of the user's. May import `lading.stores`, `lading.oci`,
`lading.state` and `lading.errors`; knows nothing of engines or gateways. Start at `recipe.py` (what
is asked), then `lockfile.py` (what it resolves to), then `build.py` (how it becomes an image).
"""
