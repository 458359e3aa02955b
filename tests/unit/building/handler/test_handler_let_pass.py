"""What the text does not tell for certain is the server's to judge: none of this is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.building.handler.checked import check

BAD = "    def predict(self, image): ...\n"
GOOD = "    def predict(self, image: bytes): ...\n"


@pytest.mark.parametrize(
    "text",
    [
        f"class Reader:\n{GOOD}",
        "async def Reader(): ...",
        "from x import y as Reader",
        "from x import *",
        "try:\n    from a import Reader\nexcept ImportError:\n    Reader = None",
        "if True:\n    Reader: int = 1",
        "def __getattr__(name): ...",
        "globals()['Reader'] = 1",
        "def f():\n    global Reader\n    Reader = 1\nf()",
        "(a, Reader) = 1, 2",
        "with open('x') as Reader: ...",
        "match 1:\n    case [*Reader]: ...",
        "match 1:\n    case {**Reader}: ...",
        "for Reader in (): ...",
        "if (Reader := 1): ...",
        "this is not Python of today",
        "\0",
        'a = "\\d"\nReader = 1',
    ],
)
def test_a_name_that_may_be_there(tmp_path: Path, text: str) -> None:
    check(tmp_path, {"pkg/__init__.py": text}, "pkg:Reader")


@pytest.mark.parametrize(
    "text",
    [
        f"@decorated\nclass Reader:\n{BAD}",
        f"class Reader(metaclass=Meta):\n{BAD}",
        f"from torch.nn import Module\nclass Reader(Module):\n{BAD}",
        f"import torch\nclass Reader(torch.nn.Module):\n{BAD}",
        f"class Reader(make()):\n{BAD}",
        f"class Reader(dict):\n{BAD}",
        "class A: ...\nclass B: ...\nclass Reader(A, B): ...",
        "class Reader(Reader): ...",
        f"class Reader:\n{BAD}Reader = wrapped(Reader)",
        f"class Reader:\n{BAD}Reader.predict = typed",
        f"class Reader:\n{BAD}Reader.predict.__annotations__['image'] = bytes",
        f"class Reader:\n{BAD}setattr(Reader, 'predict', typed)",
        f"class Reader:\n{BAD}    predict = typed(predict)",
        "class Reader:\n    predict = typed",
        "class Reader:\n    predict: object",
        "class Reader:\n    @typed\n    def predict(self, image): ...",
        "class Reader:\n    if fast:\n        def predict(self, image): ...",
        "class Reader:\n    def __init__(self):\n        self.predict = self._fast",
        "class Reader:\n    def __init__(self):\n        vars(self)['predict'] = print",
        "class Reader:\n    def __getattr__(self, name): ...",
        f"class Reader:\n    def __new__(cls): return other()\n{BAD}",
        "class Base:\n    def __init_subclass__(cls): ...\nclass Reader(Base): ...",
    ],
)
def test_a_class_that_may_be_another_than_is_written(tmp_path: Path, text: str) -> None:
    check(tmp_path, {"reader.py": text})


@pytest.mark.parametrize(
    "text",
    [
        f"class Reader(object):\n{GOOD}",
        f"from abc import ABC\nclass Reader(ABC):\n{GOOD}",
        f"import typing\nclass Reader(typing.Generic[T]):\n{GOOD}",
        "class Reader:\n    def predict(self): ...",
        "class Reader:\n    def predict(self, /, image: bytes): ...",
        "class Reader:\n    def predict(this, image: bytes, *, size: int = 1): ...",
        "class Reader:\n    async def predict(self, image: bytes):\n        yield image",
        "class Reader:\n    def predict(self, n: int):\n        yield from range(n)",
        "class Reader:\n    def predict_batch(self, inputs: list[int]): ...",
        "class Reader:\n    def predict_batch(self, inputs: 'List[int]'): ...",
        "class Reader:\n    def predict_batch(self, inputs: Inputs): ...",
        "class Reader:\n    def predict_batch(self, inputs: Annotated[list[int], 1]): ...",
        "class Reader:\n    def predict_batch(self, inputs: 'list['): ...",
        "class Reader:\n    def predict_batch(self, inputs: tuple[int, ...], /): ...",
        "class Reader:\n    def predict_batch(self, inputs: Sequence[int]) -> Outputs: ...",
        "class Reader:\n    def list(self): ...\n    def predict_batch(self, inputs: list): ...",
        "class Reader:\n    def predict(self, n: int) -> Iterator[int]:\n        yield n",
        "def Reader(n: int): ...",
        "from a import str\nclass Reader:\n    def predict_batch(self, inputs: str): ...",
        f"class Reader:\n{GOOD}    def predict_batch(self, images: list[bytes]): ...",
        "class Reader:\n    def predict(self, a: int, b: int): ...\n"
        "    def predict_batch(self, inputs: list[Pair]): ...",
        "class Reader:\n    async def predict(self, a: int): ...\n"
        "    async def predict_batch(self, a: list[int]): ...",
        "class Reader:\n    def predict(self, a: int):\n        return (lambda: (yield))\n"
        "    def predict_batch(self, a: list[int]): ...",
        "class Reader:\n    def predict(self, a: int):\n        def each():\n            yield 1\n"
        "        return sum(each())\n    def predict_batch(self, a: list[int]): ...",
        f"class Base:\n{GOOD}class Reader(Base): ...",
        f"class Base:\n{BAD}class Reader(Base):\n{GOOD}",
    ],
)
def test_what_can_be_served(tmp_path: Path, text: str) -> None:
    check(tmp_path, {"reader.py": text})


@pytest.mark.parametrize(
    "text",
    [
        f"if fast:\n    class Reader: ...\nelse:\n    class Reader:\n    {GOOD}",
        f"class Reader: ...\n\n@register\nclass Reader:\n{GOOD}",
        f"class Reader:\n{GOOD}\nPlain = Reader\n\nclass Reader(Plain): ...",
        "@overload\ndef Reader(a: int): ...\n@overload\ndef Reader(a: str): ...\n"
        "def Reader(a): ...",
        f"class Reader: ...\ndel Reader\nclass Reader:\n{GOOD}",
        "class Reader:\n    @overload\n    def predict(self, a: int): ...\n"
        "    def predict(self, a): ...",
    ],
)
def test_a_name_may_be_bound_twice_for_a_reason(tmp_path: Path, text: str) -> None:
    check(tmp_path, {"reader.py": text})


@pytest.mark.parametrize(
    "line",
    [
        "from package import Reader",
        "from .none import Reader",
        "from ...far import Reader",
        "from . import Reader",
        "from string import Reader",
        "from loop import Reader",
        "from half.deep import Reader",
        "from broken import Reader",
        "from .dynamic import Reader",
        "import deep as Reader",
        "try:\n    from .deep import Reader\nexcept ImportError: ...",
    ],
)
def test_an_import_that_cannot_be_followed_for_certain(tmp_path: Path, line: str) -> None:
    deep = "class Reader:\n    def predict(self, a): ...\n"
    files = {
        "reader/__init__.py": line,
        "reader/deep.py": deep,
        "reader/Reader.py": "",
        "reader/dynamic.py": "from x import *",
        "string.py": deep,  # the standard library's is imported already
        "half/deep.py": deep,  # a package `half` among the wheels would come first
        "loop.py": "from reader import Reader",
        "broken.py": "class",
    }
    check(tmp_path, files)


def test_a_module_of_machine_code(tmp_path: Path) -> None:
    check(tmp_path, {"reader.cpython-311-x86_64-linux-gnu.so": ""})
    check(tmp_path, {"reader.py": "Read = 1"})


def test_a_package_comes_before_a_file_of_its_name(tmp_path: Path) -> None:
    check(tmp_path, {"reader.py": "Read = 1", "reader/__init__.py": "Reader = 1"})


def test_syntax_is_that_of_the_images_python(tmp_path: Path) -> None:
    bad = "class Reader:\n    def predict(self, a): ...\nmatch 1:\n    case _: ...\n"
    check(tmp_path, {"reader.py": bad}, python="3.9")


def test_what_is_inside_a_class_is_not_looked_for(tmp_path: Path) -> None:
    check(tmp_path, {"reader.py": "class Reader: ..."}, "reader:Reader.method")


def test_a_text_that_is_nested_too_deeply_to_be_read(tmp_path: Path) -> None:
    check(tmp_path, {"reader.py": f"Reader = {'(' * 5000}1{')' * 5000}"})
    hint = "list[" * 900 + "int" + "]" * 900
    check(tmp_path, {"reader.py": f"def Reader(a: {hint!r}): ..."})
