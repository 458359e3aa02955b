"""`python -m lading.controller FOLDER`: what `lading up` starts."""

import sys
from pathlib import Path

from lading.controller.place import Place
from lading.controller.serve import serve
from lading.errors import LadingError
from lading.state.folders import Folders

if __name__ == "__main__":
    try:
        serve(Place(Path(sys.argv[1]), Folders.of_user()))
    except LadingError as error:
        sys.exit(f"lading: {error}")
