"""Steps: commands that run to completion in a container and give files back.

May import `lading.releases`, `lading.building`, `lading.engines`, `lading.stores`. Start at
`step.py`.
"""
