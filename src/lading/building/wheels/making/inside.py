"""Builds one wheel, inside the container: run by the image's Python, imported by nobody.

Calls the hooks of PEP 517 on the source's backend, whose packages are installed beside it. Without
a network: what the backend asks for besides is written down, and the host begins anew with it.
"""

from __future__ import annotations

import importlib
import json
import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Any

GIVEN = Path("/app")
WHOLE = GIVEN / "work" / "source"
OUT = GIVEN / "work" / "out"


def main() -> None:
    """With `requires`, only asks what is needed: in a process of its own, as PEP 517 wants it."""
    order = json.loads((GIVEN / "order.json").read_text())
    required = OUT / "requires.json"
    if sys.argv[1:] == ["requires"]:
        hook = getattr(backend(order), "get_requires_for_build_wheel", None)
        required.write_text(json.dumps(list(hook() if hook else [])))
        return
    OUT.mkdir(parents=True)
    unpack(GIVEN / order["archive"])
    asked = subprocess.run([sys.executable, __file__, "requires"], check=False)
    if asked.returncode:
        sys.exit(asked.returncode)
    known = order["known"]
    if known is None or all(one in known for one in json.loads(required.read_text())):
        backend(order).build_wheel(str(OUT))


def unpack(archive: Path) -> None:
    """Whatever it tries: this is a container that may write here alone."""
    WHOLE.mkdir(parents=True)
    if archive.suffix == ".zip":
        with zipfile.ZipFile(archive) as packed:
            packed.extractall(WHOLE)
        return
    with tarfile.open(archive) as tar:
        if hasattr(tarfile, "tar_filter"):
            tar.extraction_filter = staticmethod(tarfile.tar_filter)
        tar.extractall(WHOLE)


def backend(order: dict[str, Any]) -> Any:
    """The backend's object, imported in the project's folder."""
    (top,) = [path for path in WHOLE.iterdir() if path.is_dir()]
    os.chdir(top / order["subdirectory"])
    own = [str(Path(path).resolve()) for path in order["path"]]
    sys.path[:] = [*own, *(path for path in sys.path if path != str(GIVEN))]
    module, _, attribute = order["backend"].partition(":")
    found = importlib.import_module(module)
    for name in attribute.split(".") if attribute else ():
        found = getattr(found, name)
    return found


if __name__ == "__main__":
    main()
