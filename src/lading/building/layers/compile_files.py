"""Compiles Python for the interpreter that runs this: a tool, not a module of Lading.

Run by the interpreter of an image, of any version from 3.9, so it imports built-in modules alone:
what else is loaded could change the bytes that marshal writes. Reads and writes frames on standard
input and output, one answer a request: a 4-byte big-endian length, then so many bytes.

    request   the path in the image, then the source
    answer    b"C" + the .pyc; b"S" + "line:message" of a syntax error; b"N" when the bytes would
              depend on memory addresses

Source of the .pyc format: PEP 552; flags 1 means "hash-based, never checked against the source".
"""

import _frozen_importlib_external as external
import _imp
import marshal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import CodeType

MAGIC: bytes = external.MAGIC_NUMBER
RAW_MAGIC: int = vars(external)["_RAW_MAGIC_NUMBER"]
NEVER_CHECKED = (1).to_bytes(4, "little")
SORTS_SETS = sys.version_info >= (3, 11)
PLAIN = (str, bytes, int, float, complex, bool)


def read_frame() -> "bytes | None":
    """None at the end of the input."""
    head = sys.stdin.buffer.read(4)
    return sys.stdin.buffer.read(int.from_bytes(head, "big")) if len(head) == 4 else None


def write_frame(content: bytes) -> None:
    """Whole, and at once: whoever asked waits for it."""
    sys.stdout.buffer.write(len(content).to_bytes(4, "big") + content)
    sys.stdout.buffer.flush()


def has_set_by_address(code: "CodeType") -> bool:
    """Before 3.11 marshal writes a set in hash order, and the hash of None is its address."""
    for constant in code.co_consts:
        if isinstance(constant, frozenset) and not all(type(x) in PLAIN for x in constant):
            return True
        if isinstance(constant, type(code)) and has_set_by_address(constant):
            return True
    return False


def compiled(path: str, source: bytes) -> bytes:
    """An answer, for a file that will lie at `path`."""
    try:
        code = compile(source, path, "exec", dont_inherit=True, optimize=0)
    except SyntaxError as error:
        return (f"S{error.lineno or 0}:{error.msg}").encode("utf-8", "replace")
    except (ValueError, RecursionError, MemoryError, OverflowError) as error:
        return (f"S0:{error}").encode("utf-8", "replace")
    if not SORTS_SETS and has_set_by_address(code):
        return b"N"
    source_hash = _imp.source_hash(RAW_MAGIC, source)
    return b"C" + MAGIC + NEVER_CHECKED + source_hash + marshal.dumps(code)


def main() -> None:
    """Answer until there is no more to answer."""
    while True:
        path = read_frame()
        if path is None:
            return
        write_frame(compiled(path.decode("utf-8"), read_frame() or b""))


main()
