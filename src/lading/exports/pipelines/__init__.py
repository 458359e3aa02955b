"""An app's way from a commit to a registry, as a file for a service that runs pipelines.

`stage.py` says what is done, in Lading's own commands; `github.py` and `gitlab.py` say it in the
words of each. The file is a beginning: it belongs to whoever edits it.
"""
