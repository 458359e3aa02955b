"""Revisions of a service, and the way from what runs to what is wanted.

`revision.py` is what a release is made of; `plan.py` is pure: observed and wanted in, actions out;
`traffic.py` says, as purely, who gets requests; `changes.py` says what a change would do before it
is asked for; `execute.py` alone has effects. May import `lading.building`, `lading.engines`,
`lading.gateway`, `lading.oci` and `lading.state`. Start at `revision.py`.
"""
