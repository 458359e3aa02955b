"""Bytecode beside every source file, so that no container compiles, and none needs to write.

The .pyc are of the unchecked kind (PEP 552): they hold no time and are not compared to the source.
A layer is compiled by one process of its own, in the order of paths; so its bytes depend on its
sources alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from lading.building.layers import regular
from lading.building.layers.entry import Entry, Kind, file
from lading.errors import BuildError
from lading.stores.disk import explained

if TYPE_CHECKING:
    from lading.building.layers.interpreter import Interpreter

_PROGRAM = Path(__file__).with_name("compile_files.py")
_TEST_FOLDERS = {"test", "tests"}

Refused = Callable[[Entry, int, str], None]
"""Told of a file with a syntax error: the file, the line (0 when unknown), what is wrong."""


def compiled(
    entries: Iterable[Entry], interpreter: Interpreter, refused: Refused | None = None
) -> list[Entry]:
    """The .pyc entries of all .py files among `entries`.

    A file that does not compile has none, and `refused` hears of it. Raises BuildError when the
    interpreter cannot run here.
    """
    sources = sorted((entry for entry in entries if _is_source(entry)), key=lambda one: one.path)
    if not sources:
        return []
    found = []
    with _compiler(interpreter) as compiler:
        for entry in sources:
            interpreter.go_on()
            answer = compiler.compile(entry)
            if answer[:1] == b"C":
                found.append(file(_beside(entry.path, interpreter.locked.python), answer[1:]))
            elif answer[:1] == b"S" and refused:
                line, _, message = answer[1:].decode().partition(":")
                refused(entry, int(line), message)
    return found


def without_tests(entries: Iterable[Entry], below: str) -> Iterator[Entry]:
    """Entries that are not in a `test` or `tests` folder under `below`.

    Packages' own tests are more than half of what there is to compile, and nobody imports them.
    """
    for entry in entries:
        folders = entry.path.removeprefix(below).split("/")[:-1]
        if _TEST_FOLDERS.isdisjoint(folders):
            yield entry


def _is_source(entry: Entry) -> bool:
    return entry.kind is Kind.FILE and entry.path.endswith(".py")


def _beside(path: str, python: str) -> str:
    """PEP 3147: `a/b.py` to `a/__pycache__/b.cpython-311.pyc`."""
    folder, _, name = path.rpartition("/")
    tag = "cpython-" + python.replace(".", "")
    return f"{folder}/__pycache__/{name.removesuffix('.py')}.{tag}.pyc".lstrip("/")


@dataclass(frozen=True)
class _Compiler:
    to: IO[bytes]
    back: IO[bytes]

    def compile(self, entry: Entry) -> bytes:
        content = entry.content
        source = content if isinstance(content, bytes) else regular.read(content)
        self.to.write(_frame(f"/{entry.path}".encode()) + _frame(source))
        self.to.flush()
        head = self.back.read(4)
        answer = self.back.read(int.from_bytes(head, "big"))
        if not answer:
            raise BrokenPipeError
        return answer


@contextmanager
def _compiler(interpreter: Interpreter) -> Iterator[_Compiler]:
    import tempfile

    with ExitStack() as stack:
        with explained(Path(tempfile.gettempdir())):
            said = stack.enter_context(tempfile.TemporaryFile())
        try:
            process = interpreter.start(_PROGRAM, said)
        except OSError as error:
            raise _cannot_run(interpreter, (error.strerror or str(error)).lower()) from error
        try:
            yield _Compiler(process.stdin, process.stdout)
        except BrokenPipeError as error:
            process.wait()
            said.seek(0)
            words = said.read().decode(errors="replace").strip()[-300:]
            raise _cannot_run(interpreter, words or "nothing") from error
        finally:
            process.kill()
            process.wait()
            process.stdout.close()
            with suppress(BrokenPipeError):
                process.stdin.close()


def _cannot_run(interpreter: Interpreter, came: str) -> BuildError:
    return BuildError(
        "the image's Python cannot run on this machine",
        where=f"Python {interpreter.locked.python}",
        came=came,
        todo=f"delete {interpreter.cache / 'interpreters'} and build again, with LADING_HOME on a "
        "disk that programs may run from",
    )


def _frame(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content
