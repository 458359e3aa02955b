"""Whatever lading.yaml holds, reading it gives an App or a SettingsError, soon."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import yaml

from lading.errors import SettingsError
from lading.settings import App, read

CASES = 10_000
SLOWEST_SECONDS = 2.0

VALID = """\
app: digits
x-usual: &usual {handler: digits:Digits}
services:
  digits:
    <<: *usual
    python: "3.11"
    model: [model.joblib]
    packages: [libgomp1]
    env: {A: on, B: 3.10}
    resources: {cpu: 1, memory: 512Mi}
    scale: {min: 2}
    timeout: 30s
    egress: false
  again-{each}:
    each: [en, es]
    handler: "digits:Digits"
    env: {LANGUAGE: "{each}"}
steps:
  train: {command: python3 train.py, environment: digits, outputs: [model.joblib]}
gateway: {port: 8080, host: 127.0.0.1, max_body: 1Mi}
"""

TOKENS = [
    *("&usual", "*usual", "<<:", "!!binary", "!x", "? ", "- ", ": ", "\t", "\0", "\x85", "\u2028"),
    *("{", "}", "[", "]", "'", '"', "|", ">", "%YAML 9.9", "---", "...", "#", "@", "`", "\\"),
    *(
        "~",
        "null",
        "yes",
        "0o7",
        "1:30",
        ".inf",
        ".nan",
        "1e999",
        "-0",
        "9" * 400,
        "0x",
        "=",
        "../",
    ),
    *("{each}", "{each", "each:", "{{", "}}"),
    *("é", "😀", "\ud7ff", "\ufeff", "\x7f", "2001-01-01", "x-a: 1", "services:", "app:"),
]
VALUES: list[Any] = [
    *(None, True, 0, -1, 10**30, 1.5, float("inf"), float("nan"), "", ".", "..", "/", "a\0b"),
    *("digits", "train", "a" * 5000, [], {}, [[]], {"a": {"b": 1}}, {1: 2}, {None: 1}, [None]),
    *("512Mi", "0.0000001Mi", "1" * 30 + "Gi", b"bytes", "'", "a 'b", "\u202e", {"x-a": 1}),
]


def test_no_file_gives_a_traceback_or_hangs(tmp_path: Path) -> None:
    (tmp_path / "digits.py").touch()
    chance = random.Random(20260)
    seen = {True: 0, False: 0}
    for case in range(CASES):
        mutate = chance.choice([_bytes, _tokens, _structure])
        content = mutate(chance)
        seen[_read(tmp_path, content, case)] += 1
    # Otherwise the mutations would test one side only.
    assert min(seen.values()) > CASES // 100, seen


def _read(folder: Path, content: bytes, case: int) -> bool:
    """Whether it was valid."""
    (folder / "lading.yaml").write_bytes(content)
    begun = time.monotonic()
    try:
        app = read(folder)
    except SettingsError as error:
        assert str(error), content
        return False
    except Exception as error:
        raise AssertionError(f"case {case}: {content!r}") from error
    finally:
        assert time.monotonic() - begun < SLOWEST_SECONDS, content
    assert isinstance(app, App)
    return True


def _bytes(chance: random.Random) -> bytes:
    content = VALID.encode()
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(content) + 1)
        dropped = chance.choice([0, 1, chance.randint(1, 20)])
        added = chance.choice([b"", chance.randbytes(1), content[at : at + 40]])
        content = content[:at] + added + content[at + dropped :]
    return content


def _tokens(chance: random.Random) -> bytes:
    words = VALID.split(" ")
    for _ in range(chance.randint(1, 5)):
        at = chance.randrange(len(words))
        words[at : at + chance.randint(0, 2)] = [chance.choice(TOKENS)]
        words = words or [" "]
    return " ".join(words).encode("utf-8", "surrogatepass")


def _structure(chance: random.Random) -> bytes:
    document = yaml.safe_load(VALID)
    for _ in range(chance.randint(1, 3)):
        part: Any = document
        while isinstance(part, dict) and part and chance.random() < 0.8:
            inner = part[chance.choice(list(part))]
            if not isinstance(inner, dict):
                break
            part = inner
        if not isinstance(part, dict) or not part:
            continue
        key = chance.choice([*part, "extra", "x-own"])
        if chance.random() < 0.2:
            part.pop(key, None)
        else:
            part[key] = chance.choice(VALUES)
    return bytes(yaml.safe_dump(document, allow_unicode=chance.random() < 0.5, encoding="utf-8"))
