"""An image beside the same image made once more: whether they are equal, and if not, in what.

`rebuild.py` makes it, of nothing that an earlier build left; `images.py` compares the two,
`tars.py` their layers and `configs.py` what stands in their configs. May import what `building`
may. Start at `images.py`.
"""
