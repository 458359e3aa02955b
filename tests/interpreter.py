"""This machine's Python as the files of a layer: enough of it to run the bridge, and no more."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
_ROOT = Path(__file__).resolve().parents[1]
_BRIDGE = _ROOT / "src" / "lading_runtime" / "bridge.py"
_TELLS = """
import encodings.ascii, encodings.idna, encodings.latin_1, encodings.utf_8
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("bridge", sys.argv[1])
module = importlib.util.module_from_spec(spec)
sys.modules["bridge"] = module
spec.loader.exec_module(module)
module._parse(["--socket", "x", "--port", "1"])  # imports some more
files = [getattr(x, "__file__", None) for x in sys.modules.values()]
print(json.dumps([x for x in files if x and x != sys.argv[1]] + [importlib.__file__]))
"""


@cache
def files() -> dict[str, bytes]:
    """Content by path inside the image; it is `/usr/bin/pythonX.Y` there."""
    program = Path(sys.executable).resolve()
    command = [str(program), "-I", "-S", "-c", _TELLS, str(_BRIDGE)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    library = Path(sys.base_prefix).resolve() / "lib" / f"python{VERSION}"
    modules = {Path(file).resolve() for file in json.loads(said)} | {library / "os.py"}
    found = {f"usr/bin/python{VERSION}": program.read_bytes()}
    for module in modules:
        found[f"usr/lib/python{VERSION}/{module.relative_to(library)}"] = module.read_bytes()
    for shared in (program, *(one for one in modules if one.suffix == ".so")):
        found |= {str(path).lstrip("/"): path.read_bytes() for path in _libraries(shared)}
    return found


def _libraries(program: Path) -> set[Path]:
    """What the dynamic linker would load, itself included, by the names it looks for."""
    said = subprocess.run(["ldd", program], capture_output=True, text=True, check=False).stdout
    return {Path(path) for path in re.findall(r"(/\S+) \(0x", said)}
