"""Lading takes a machine-learning app from its source folder to running, versioned containers.

Start reading at `lading.settings` (what a user describes), then `lading.building` (how an image is
made), `lading.engines` (how a container runs), `lading.gateway` (how a request finds it) and
`lading.controller` (who keeps all of it as wanted). Imports go only downward in the list of
`docs/architecture/00-overview.md`.
"""

__version__ = "0.1.0"
