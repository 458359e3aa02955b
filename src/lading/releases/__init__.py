"""Revisions of a service, and the way from what runs to what is wanted.

`plan` is pure: observed and wanted in, actions out. `execute` alone has effects. May import
`lading.engines`, `lading.gateway`, `lading.building`, `lading.state`. Start at `revision.py`.
"""
