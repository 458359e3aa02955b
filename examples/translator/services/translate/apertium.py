"""An Apertium mode kept running: text in, translation out, the dictionaries loaded once.

A mode is a pipeline of programs, written as a line of shell. With -z each flushes what it has when
a NUL comes, so one pipeline serves text after text (https://wiki.apertium.org/wiki/NUL_flush).
"""

import os
import re
import select
import shlex
import subprocess
import time
from contextlib import suppress
from pathlib import Path

MODES = Path("/usr/share/apertium/modes")
_RESERVED = re.compile(r"[\[\]{}^$/\\@<>~]")
"""Characters of Apertium's stream format (https://wiki.apertium.org/wiki/Apertium_stream_format)."""
_END = "[\n]"
"""A blank that comes out as it went in, behind everything."""
_LONGEST = 4000
"""Characters put in at a time: what comes out has to fit in a pipe until it is read."""


class StuckError(RuntimeError):
    """A pipeline gave no answer in time."""


class EndedError(RuntimeError):
    """A program of a pipeline ended."""


class Pipeline:
    """One mode's programs. Not for two threads at once, nor for a forked process."""

    def __init__(self, mode: str, modes: Path = MODES) -> None:
        self._commands = commands((modes / f"{mode}.mode").read_text("utf-8"))
        self._running: list[subprocess.Popen[bytes]] = []
        self._process = 0

    def translate(self, text: str, seconds: float = 10.0) -> str:
        """Raises StuckError where there is no answer in time; the next text begins anew."""
        deadline = time.monotonic() + seconds
        try:
            return self._whole(text, deadline)
        except EndedError:
            # Whatever ended it, the text is tried once more.
            return self._whole(text, deadline)

    def _whole(self, text: str, deadline: float) -> str:
        if self._process != os.getpid():
            self._start()
        try:
            return _spaced("".join(self._piece(x, deadline) for x in _pieces(text)), text)
        except (StuckError, EndedError):
            self.close()
            raise

    def close(self) -> None:
        """End the programs."""
        if self._process == os.getpid():
            for program in self._running:
                program.kill()
                program.wait()
            for pipe in (self._running[0].stdin, self._running[-1].stdout):
                with suppress(BrokenPipeError):  # of what nobody has read
                    pipe.close()
        self._running, self._process = [], 0

    def _start(self) -> None:
        self._running, before = [], subprocess.PIPE
        for command in self._commands:
            program = subprocess.Popen(
                command, stdin=before, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
            if self._running:
                before.close()  # its reader has it now; so an end is seen by all after it
            before = program.stdout
            self._running.append(program)
        self._process = os.getpid()

    def _piece(self, text: str, deadline: float) -> str:
        if not text.strip():
            return text
        entry, outlet = self._running[0].stdin, self._running[-1].stdout.fileno()
        # As apertium-destxt does: a full stop that is not the text's ends its last sentence.
        try:
            entry.write(f"{_escaped(text)}.[]{_END}\0".encode())
            entry.flush()
        except BrokenPipeError:
            raise EndedError("a program of the pipeline ended") from None
        found = bytearray()
        while not found.endswith(b"\0"):
            ready, _, _ = select.select([outlet], [], [], max(0.0, deadline - time.monotonic()))
            came = os.read(outlet, 65536) if ready else b""
            if not ready:
                raise StuckError("the pipeline gave no answer in time")
            if not came:
                raise EndedError("a program of the pipeline ended")
            found += came
        said = found[:-1].decode("utf-8", "replace")
        if not said.endswith(_END):
            # A program after one that ended says NULs of its own.
            raise EndedError("a program of the pipeline ended")
        return _unescaped(said.removesuffix(_END).removesuffix(".[]"))


def commands(mode: str) -> list[list[str]]:
    """The programs of a mode file with their arguments, made to flush at a NUL.

    Of the two arguments that a mode takes, -n is given for the first, which says how unknown words
    are shown: as they came, without a mark.
    """
    programs = (shlex.split(program) for program in mode.split("|"))
    filled = {"$1": ["-n"], "$2": []}
    return [
        [program, "-z", *(x for word in arguments for x in filled.get(word, [word]))]
        for program, *arguments in programs
    ]


def _escaped(text: str) -> str:
    """Line breaks become blanks that pass through: a sentence goes on behind them."""
    return _RESERVED.sub(r"\\\g<0>", text.replace("\0", " ")).replace("\n", "[\n]")


def _unescaped(text: str) -> str:
    plain = re.sub(r"(?<!\\)\[(.*?)(?<!\\)\]", r"\1", text, flags=re.DOTALL)
    return re.sub(r"\\(.)", r"\1", plain, flags=re.DOTALL)


def _spaced(translation: str, text: str) -> str:
    """Without the spaces that rules leave where they drop or move a word."""
    if not text.strip():
        return text
    single = re.sub(r" *\n *", "\n", re.sub(r" +", " ", translation)).strip()
    before, after = len(text) - len(text.lstrip()), len(text.rstrip())
    return text[:before] + single + text[after:]


def _pieces(text: str) -> list[str]:
    """The text in parts that are not too long, cut behind a sentence where there is one."""
    pieces = []
    while len(text) > _LONGEST:
        cut = max(text.rfind(end, 0, _LONGEST) for end in (". ", "\n", " "))
        cut = cut + 1 if cut > 0 else _LONGEST
        pieces.append(text[:cut])
        text = text[cut:]
    return [*pieces, text]
