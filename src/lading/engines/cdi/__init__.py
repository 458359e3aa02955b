"""Devices of this machine, as their makers describe them: the Container Device Interface (CDI).

`document.py` is the format, `specs.py` finds the files and their devices, `gpus.py` says which of
these are GPUs. May import `lading.errors` alone.
Source: CDI specification, SPEC.md, versions 0.3.0 to 1.1.0.
"""
