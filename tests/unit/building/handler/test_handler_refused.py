"""What surely cannot be served, with the words that a user reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.building.handler.checked import refusal

HEAD = "class Reader:\n    "
LIST = "predict_batch is not a list of something; write 'inputs: list[Input]'"
ONE_LIST = "it takes one list, such as 'inputs: list[Input]'"

CLASSES = [
    (
        "def read(self): ...",
        "1: Reader has no predict method; add one (or predict_batch), or name a function",
    ),
    (
        "def predict(self, image, size: int): ...",
        "2: parameter 'image' of predict has no type; add one, such as 'image: str'",
    ),
    (
        "def predict(self, size: int, *, image=None): ...",
        "2: parameter 'image' of predict has no type; add one, such as 'image: str'",
    ),
    (
        "async def predict(\n        self,\n        image,\n    ): ...",
        "4: parameter 'image' of predict has no type; add one, such as 'image: str'",
    ),
    (
        "def predict(self, *images: int): ...",
        "2: parameter '*images' of predict cannot be served; name each argument",
    ),
    (
        "def predict(self, **images: int): ...",
        "2: parameter '**images' of predict cannot be served; name each argument",
    ),
    (
        "def predict(self, image: int, /): ...",
        "2: parameter 'image' of predict is positional-only; arguments are passed by name",
    ),
    (
        "def predict(self, n: int) -> str:\n        yield n",
        "2: predict yields, but is said to return str; write '-> Iterator[str]'",
    ),
    (
        "async def predict(self, n: int) -> 'list[int]':\n        yield n",
        "2: predict yields, but is said to return list; write '-> Iterator[list]'",
    ),
    ("def predict_batch(self): ...", f"2: predict_batch takes nothing; {ONE_LIST}"),
    (
        "def predict_batch(self, a: list[int], b: list[int]): ...",
        f"2: predict_batch takes 'a', 'b'; {ONE_LIST}",
    ),
    ("def predict_batch(self, *a: list[int]): ...", f"2: predict_batch takes 'a'; {ONE_LIST}"),
    ("def predict_batch(self, *, a: list[int]): ...", f"2: predict_batch takes 'a'; {ONE_LIST}"),
    ("def predict_batch(self, inputs: dict[str, int]): ...", f"2: parameter 'inputs' of {LIST}"),
    ("def predict_batch(self, inputs: 'str'): ...", f"2: parameter 'inputs' of {LIST}"),
    ("def predict_batch(self, inputs: list): ...", f"2: parameter 'inputs' of {LIST}"),
    (
        "def predict_batch(self, inputs): ...",
        "2: parameter 'inputs' of predict_batch has no type; "
        "add one, such as 'inputs: list[Input]'",
    ),
    (
        "def predict_batch(self, inputs: list[int]):\n        yield from inputs",
        "2: predict_batch yields; it returns a list, one result an input",
    ),
    (
        "def predict_batch(self, inputs: list[int]) -> dict[str, int]: ...",
        "2: predict_batch is said to return dict; it returns a list, one result an input",
    ),
    (
        "def predict(self, a: int):\n        yield a\n"
        "    def predict_batch(self, inputs: list[int]): ...",
        "2: predict streams, and a stream has no batches; remove predict_batch",
    ),
    (
        "async def predict(self, input: int): ...\n"
        "    def predict_batch(self, inputs: list[int]): ...",
        "3: one of predict and predict_batch is async, the other is not; make both alike",
    ),
    (
        "def predict(self, image: bytes, size: int): ...\n"
        "    def predict_batch(self, images: list[bytes]): ...",
        "3: predict takes 'image', 'size' and predict_batch 'image'; both need the same arguments",
    ),
]
"""Bodies of a class, and what is wrong with them: in the server's own words after the line."""

UNSEEN = [
    (
        "def predict(): ...",
        "2: predict has no parameter for the object itself; write 'predict(self, …)'",
    ),
    (
        "def predict(self, a: int): ...\n    def predict(self, b: int): ...",
        "3: predict is defined on line 2 already; remove one of them, or rename it",
    ),
]
"""The same, of what the server does not see, or says in Python's words."""


@pytest.mark.parametrize(("methods", "said"), [*CLASSES, *UNSEEN])
def test_a_class_that_cannot_be_served(tmp_path: Path, methods: str, said: str) -> None:
    assert refusal(tmp_path, {"reader.py": f"{HEAD}{methods}\n"}) == f"reader.py:{said}"


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = HEAD + "def predict(self, image, size, **rest): ...\n"
    assert refusal(tmp_path, {"reader.py": text}) == (
        "reader.py:2: parameter 'image' of predict has no type; add one, such as 'image: str'\n"
        "reader.py:2: parameter 'size' of predict has no type; add one, such as 'size: str'\n"
        "reader.py:2: parameter '**rest' of predict cannot be served; name each argument"
    )


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("image", "parameter 'image' of predict has no type; add one, such as 'image: str'"),
        ("*a: int", "parameter '*a' of predict cannot be served; name each argument"),
        (
            "a: int, /",
            "parameter 'a' of predict is positional-only; arguments are passed by name",
        ),
    ],
)
def test_a_function_is_held_to_the_same(tmp_path: Path, arguments: str, said: str) -> None:
    files = {"reader.py": f"import os\n\ndef read({arguments}): ...\n"}
    assert refusal(tmp_path, files, "reader:read") == f"reader.py:3: {said}"


def test_a_function_of_that_name_takes_batches(tmp_path: Path) -> None:
    files = {"reader.py": "def predict_batch(inputs: str): ...\n"}
    assert refusal(tmp_path, files, "reader:predict_batch") == (
        f"reader.py:1: parameter 'inputs' of {LIST}"
    )


def test_two_handlers_of_one_name(tmp_path: Path) -> None:
    text = "def Reader(a: int): ...\n\nclass Reader:\n    def predict(self, a: int): ...\n"
    assert refusal(tmp_path, {"reader.py": text}) == (
        "reader.py:3: Reader is defined on line 1 already; remove one of them, or rename it"
    )


def test_a_module_that_is_missing(tmp_path: Path) -> None:
    assert refusal(tmp_path, {"main.py": ""}).removeprefix(str(tmp_path)) == (
        ": the module of the handler reader:Reader is not in the source folder: "
        "expected reader.py or reader/__init__.py, got main.py; write it, or correct `handler`"
    )


def test_a_name_that_surely_is_not_in_its_module(tmp_path: Path) -> None:
    files = {"reader.py": "import os\nclass Read: ...\ndef f():\n    Reader = 1\n"}
    assert refusal(tmp_path, files) == (
        "reader.py: reader has no Reader: expected a class or function Reader at "
        "the top level, got Read, f, os; define it, or correct `handler`"
    )


@pytest.mark.parametrize(
    ("line", "file"),
    [
        ("from .deep import Reader", "reader/deep.py"),
        ("from .deep import Base as Reader", "reader/deep.py"),
        ("from reader.deep import Reader", "reader/deep.py"),
        ("from other import Reader", "other.py"),
        ("from .deep import Base\nclass Reader(Base): ...", "reader/deep.py"),
        ("from .far import Reader", "reader/deep.py"),
    ],
)
def test_imports_from_the_source_are_followed(tmp_path: Path, line: str, file: str) -> None:
    text = "class Base:\n    def predict(self, a): ...\nclass Reader(Base): ...\n"
    files = {
        "reader/__init__.py": line,
        "reader/deep.py": text,
        "reader/far.py": "from .deep import Reader",
        "other.py": text,
    }
    assert refusal(tmp_path, files) == (
        f"{file}:2: parameter 'a' of predict has no type; add one, such as 'a: str'"
    )


def test_a_name_that_an_imported_module_has_not(tmp_path: Path) -> None:
    files = {"reader/__init__.py": "from .deep import Reader", "reader/deep.py": "Read = 1"}
    assert refusal(tmp_path, files) == (
        "reader/deep.py: reader.deep has no Reader: expected a class or function Reader at "
        "the top level, got Read; define it, or correct `handler`"
    )


def test_a_place_is_told_from_the_folder_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"reader.py": f"{HEAD}def predict(self, a): ..."}
    assert refusal(tmp_path / "service", files).startswith("service/reader.py:2: ")


def test_a_text_is_read_that_is_nested_deeper_than_calls_may_be(tmp_path: Path) -> None:
    total = " + ".join(["1"] * 1500)
    text = f"TOTAL = {total}\ndef Reader(a):\n    return {total}\n"
    assert refusal(tmp_path, {"reader.py": text}) == (
        "reader.py:2: parameter 'a' of predict has no type; add one, such as 'a: str'"
    )
