"""No secret in an image: what lies in one, its every reader has.

Files of the user's own, values of `env`, commands and graphs are searched for credentials before a
layer is made of them; a finding stops the build, and says where it stands and never what it is.
Imports of `lading`: `building.layers` alone, and what is below `building`. Start reading at
`checking.py`; what is searched for stands in `kinds.py`.
"""
