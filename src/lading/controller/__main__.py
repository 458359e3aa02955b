"""`python -m lading.controller NAME FOLDER`: what `lading up` starts."""

import sys
from pathlib import Path

from lading.controller.process import Place, main
from lading.errors import LadingError
from lading.state.folders import Folders

if __name__ == "__main__":
    try:
        main(Place(sys.argv[1], Path(sys.argv[2]), Folders.of_user()))
    except LadingError as error:
        sys.exit(f"lading: {error}")
