"""What is found in a file, at which line, and what is let be."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.building.secrets import scanning
from lading.building.secrets.finding import Finding
from lading.building.secrets.kinds import KINDS
from tests.unit.building.secrets.corpus import FILES, INNOCENT, PASSWORD, TOKENS


def _found(folder: Path, content: bytes, name: str = "a.py") -> list[Finding]:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return scanning.scan(path, name, len(content))


@pytest.mark.parametrize("name", TOKENS)
def test_a_token_of_every_kind_is_found_at_its_line(tmp_path: Path, name: str) -> None:
    kind, text = TOKENS[name]
    [finding] = _found(tmp_path, f"# one\n# two\n{text}\n# four\n".encode())
    assert (finding.path, finding.line, finding.kind) == ("a.py", 3, kind)
    # What may be shown is fixed by the form: it stands in every token of the kind.
    assert len(finding.shown) <= 8
    assert finding.shown in text


def test_there_is_a_secret_of_every_kind_in_these_tests() -> None:
    made = {kind for kind, _ in (*TOKENS.values(), *FILES.values())}
    assert made >= {kind.name for kind in KINDS}


@pytest.mark.parametrize("name", FILES)
def test_a_value_is_found_where_its_name_says_what_it_is(tmp_path: Path, name: str) -> None:
    kind, text = FILES[name]
    [finding] = _found(tmp_path, text.encode(), name)
    assert finding.kind == kind
    assert finding.line == next(
        number
        for number, line in enumerate(text.splitlines(), 1)
        if any(word in line.lower() for word in ("password", "secret", "key", "token"))
    )


@pytest.mark.parametrize("text", INNOCENT)
@pytest.mark.parametrize("name", ["a.py", "a.yaml"])
def test_what_people_write_every_day_is_no_secret(tmp_path: Path, text: str, name: str) -> None:
    assert _found(tmp_path, f"{text}\n".encode(), name) == []


@pytest.mark.parametrize("name", ["RSA key", "GitHub, classic", "AWS access key", "Hugging Face"])
def test_a_file_of_bytes_is_searched_for_what_is_unmistakable(tmp_path: Path, name: str) -> None:
    kind, text = TOKENS[name]
    content = bytes(range(256)) * 5000 + text.encode() + bytes(range(256)) * 5000
    [finding] = _found(tmp_path, content, "model.bin")
    assert (finding.line, finding.kind) == (0, kind)


def test_a_secret_on_the_edge_of_two_pieces_is_found_once(tmp_path: Path) -> None:
    kind, token = TOKENS["GitHub, classic"]
    line = b"x = 1  # a comment\n"
    for shift in range(0, 40, 13):
        before = line * (scanning.CHUNK_BYTES // len(line))
        before += b"#" * (scanning.CHUNK_BYTES - len(before) - shift - 1) + b"\n"
        [finding] = _found(tmp_path, before + token.encode() + b"\n" + line * 1000)
        assert finding.kind == kind
        assert finding.line == before.count(b"\n") + 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
@pytest.mark.parametrize("lines", [1, 300_001])
def test_a_text_in_utf16_is_read(tmp_path: Path, encoding: str, lines: int) -> None:
    _, token = TOKENS["GitHub, classic"]
    text = "one\n" * lines + f"token={token}\n"
    [finding] = _found(tmp_path, text.encode(encoding), "out.txt")
    assert finding.line == lines + 1


@pytest.mark.parametrize(
    "text",
    [
        "{}  # pragma: allowlist secret\n",
        "{}  # gitleaks:allow\n",
        "# pragma: allowlist nextline secret\n{}\n",
    ],
)
def test_a_line_may_say_that_it_holds_none(tmp_path: Path, text: str) -> None:
    _, token = TOKENS["GitHub, classic"]
    assert _found(tmp_path, text.format(token).encode()) == []
    assert len(_found(tmp_path, f"{text.format('nothing')}\n\n{token}\n".encode())) == 1


def test_secrets_of_several_kinds_on_one_line_are_all_told(tmp_path: Path) -> None:
    """Whoever allows one kind in a file has not seen the others otherwise."""
    names = ["GitHub, classic", "AWS access key", "Hugging Face"]
    text = " ".join(f'"{TOKENS[name][1]}"' for name in names) + f' "password": "{PASSWORD}"'
    found = _found(tmp_path, f"{{{text}}}\n".encode(), "config.json")
    assert {one.kind for one in found} == {*(TOKENS[name][0] for name in names), "password"}


def test_a_line_with_many_of_one_kind_is_told_of_once(tmp_path: Path) -> None:
    _, token = TOKENS["GitHub, classic"]
    text = " ".join(f"{token[:-3]}{number}" for number in range(100, 200))
    assert len(_found(tmp_path, text.encode())) == 1


def test_a_line_is_named_once_by_the_kind_that_knows_it_best(tmp_path: Path) -> None:
    _, token = TOKENS["GitHub, classic"]
    [finding] = _found(tmp_path, f'TOKEN = "{token}"\n'.encode())
    assert finding.kind == "github-token"
