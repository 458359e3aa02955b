"""A service that does to its own container what a test asks for, and tells what came of it."""

from __future__ import annotations

import importlib
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

VERSION = 1


class Probe:
    def predict(
        self, action: str = "echo", text: str = "", seconds: float = 0.0, size: int = 0
    ) -> str:
        time.sleep(seconds)
        return str(getattr(self, f"do_{action}")(text, size))

    def do_echo(self, text: str, size: int) -> str:
        return f"{VERSION}:{text}" + "x" * size

    def do_identity(self, text: str, size: int) -> str:
        with Path("/proc/self/status").open() as status:
            wanted = ("Uid", "CapEff", "NoNewPrivs", "Seccomp")
            return "; ".join(
                " ".join(line.split()[:2]) for line in status if line.split(":")[0] in wanted
            )

    def do_write(self, path: str, size: int) -> str:
        try:
            Path(path).write_text("here")
        except OSError as error:
            return error.strerror or "failed"
        return "written"

    def do_processes(self, text: str, size: int) -> str:
        names = [path.name for path in Path("/proc").iterdir()]
        return ",".join(sorted(name for name in names if name.isdigit()))

    def do_connect(self, address: str, size: int) -> str:
        host, _, port = address.rpartition(":")
        try:
            socket.create_connection((host, int(port)), timeout=3).close()
        except OSError as error:
            return type(error).__name__
        return "connected"

    def do_allocate(self, text: str, size: int) -> int:
        sys.stderr.write(f"allocating {size} bytes\n")
        held = bytearray(size)
        for place in range(0, size, 4096):
            held[place] = 1
        return len(held)

    def do_spawn(self, text: str, size: int) -> str:
        begun = 0
        for _ in range(size):
            try:
                child = os.fork()
            except OSError as error:
                return f"{begun}: {error.strerror}"
            if child == 0:
                time.sleep(30)
                os._exit(0)
            begun += 1
        return str(begun)

    def do_environment(self, name: str, size: int) -> str:
        return os.environ.get(name, "")

    def do_version(self, module: str, size: int) -> str:
        if not module:
            return ".".join(map(str, sys.version_info[:2]))
        return str(importlib.import_module(module).__version__)

    def do_program(self, command: str, size: int) -> str:
        return subprocess.run(command.split(), capture_output=True, text=True, check=True).stdout

    def do_fail(self, text: str, size: int) -> str:
        raise RuntimeError(text)
