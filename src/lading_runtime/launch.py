"""The entrypoint of an image: sets the order of Python's path, then starts the server.

The interpreter's own folders with the user's packages come first, and the runtime's packages last,
so that a version pinned by the user always wins. The user's code comes before all of them, but only
when it is loaded (`handler.py`): a `types.py` in it cannot keep the server from starting. Meant to
be copied out of its package: `runtime/`, beside it, holds `lading_runtime` and what it needs.
"""

from __future__ import annotations

import sys

here = __file__.rpartition("/")[0] or "."
sys.path[:] = [folder for folder in sys.path if folder not in (here, "")]
sys.path.append(here + "/runtime")

if __name__ == "__main__":
    from lading_runtime.__main__ import main

    sys.exit(main())
