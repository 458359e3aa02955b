"""What can be served, and how what cannot is said."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pytest

from lading_runtime.handlers import hints, signature
from tests.unit.runtime.dataplane.calls import call, faults, form, plane


class Opaque:
    pass


class Point(NamedTuple):
    x: int
    y: int = 0


class Settings(TypedDict, total=False):
    deep: dict[str, list[int]]


class Shape(msgspec.Struct):
    kind: Literal["round", "square"]


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


@dataclass
class Inner:
    width: int
    label: str = "none"


@dataclass
class Outer:
    inner: Inner
    others: list[Inner]


def untyped(image, size: int) -> None: ...
def opaque(image: list[Opaque]) -> None: ...
def unknown(image: Missing) -> None: ...  # noqa: F821
def starred(*images: int) -> None: ...
def double_starred(**images: int) -> None: ...
def positional(image: int, /) -> None: ...
def ambiguous(image: str | bytes) -> None: ...


@pytest.mark.parametrize(
    ("predict", "message"),
    [
        (untyped, "parameter 'image' of predict has no type; add one, such as 'image: str'"),
        (
            opaque,
            "parameter 'image' of predict has a type that cannot be served: "
            "Opaque is not a type with a schema",
        ),
        (
            unknown,
            "the type of 'image' of predict cannot be read: "
            "NameError: name 'Missing' is not defined",
        ),
        (starred, "parameter '*images' of predict cannot be served; name each argument"),
        (double_starred, "parameter '**images' of predict cannot be served; name each argument"),
        (
            positional,
            "parameter 'image' of predict is positional-only; arguments are passed by name",
        ),
    ],
)
def test_what_cannot_be_served_is_refused_by_name(predict: Any, message: str) -> None:
    with pytest.raises(hints.SignatureError) as raised:
        signature.read(predict)
    assert str(raised.value) == message


def test_a_union_that_json_cannot_tell_apart_is_refused_by_name() -> None:
    with pytest.raises(hints.SignatureError, match="parameter 'image' of predict has a type"):
        signature.read(ambiguous)


def test_every_kind_of_type_is_read_from_json() -> None:
    def predict(  # noqa: PLR0917
        point: Point,
        settings: Settings,
        shape: Shape,
        level: Level,
        when: datetime,
        pair: tuple[int, str],
        names: set[str],
        share: Annotated[float, msgspec.Meta(ge=0, le=1)],
        anything: Any,
        by_number: dict[int, str],
        maybe: int | str | None = 7,
    ) -> None: ...

    given = call(
        b'{"point": [1, 2], "settings": {"deep": {"a": [1]}}, "shape": {"kind": "round"},'
        b'"level": 2, "when": "2026-01-02T03:04:05Z", "pair": [1, "a"], "names": ["a", "a"],'
        b'"share": 0.5, "anything": [null, 1.5], "by_number": {"3": "c"}}'
    )
    arguments = plane(predict).read(given)
    when = arguments.pop("when")
    assert when.isoformat() == "2026-01-02T03:04:05+00:00"
    assert arguments == {
        "point": Point(1, 2),
        "settings": {"deep": {"a": [1]}},
        "shape": Shape("round"),
        "level": Level.HIGH,
        "pair": (1, "a"),
        "names": {"a"},
        "share": 0.5,
        "anything": [None, 1.5],
        "by_number": {3: "c"},
    }


def test_a_fault_says_where_what_was_expected_and_what_came() -> None:
    def predict(  # noqa: PLR0917
        outer: Outer,
        shape: Shape,
        level: Level,
        share: Annotated[float, msgspec.Meta(le=1)],
        pair: tuple[int, int],
        when: datetime,
        image: bytes,
    ) -> None: ...

    body = {
        "outer": {"inner": {"label": "a"}, "others": [{"width": 1}, {"width": None}]},
        "shape": {"kind": "flat"},
        "level": 3,
        "share": 1.5,
        "pair": [1],
        "when": "yesterday",
    }
    assert faults(plane(predict), call(msgspec.json.encode(body))) == [
        ("outer.inner.width", "a value", "nothing"),
        ("shape.kind", "one of 'round', 'square'", '"flat"'),
        ("level", "one of 1, 2", "3"),
        ("share", "float <= 1.0", "1.5"),
        ("pair", "array of length 2", "1"),
        ("when", "a time as in RFC 3339, such as '2030-12-31T23:59:59Z'", '"yesterday"'),
        ("image", "bytes", "nothing"),
    ]


def test_an_unknown_argument_is_met_with_the_nearest_or_all_names() -> None:
    def predict(image: int = 0, language: str = "") -> None: ...

    assert faults(plane(predict), call(b'{"imag": 1, "zzz": 2}')) == [
        ("imag", "'image'", "an unknown argument"),
        ("zzz", "one of 'image', 'language'", "an unknown argument"),
    ]


def test_an_argument_may_have_any_name() -> None:
    def predict(a0: int, __struct_fields__: int, msgspec_: int = 3) -> None: ...

    assert plane(predict).read(call(b'{"a0": 1, "__struct_fields__": 2}')) == {
        "a0": 1,
        "__struct_fields__": 2,
    }


def test_defaults_inside_a_decoded_dataclass_are_encoded_again() -> None:
    def predict(outer: Outer) -> Outer:
        return outer

    served = plane(predict)
    body = b'{"outer": {"inner": {"width": 1}, "others": [{"width": 2}]}}'
    answer = served.write(predict(**served.read(call(body))), call())
    assert msgspec.json.decode(answer.body) == {
        "inner": {"width": 1, "label": "none"},
        "others": [{"width": 2, "label": "none"}],
    }


def test_a_form_field_is_text_json_or_a_file_as_its_type_asks() -> None:
    def predict(
        image: bytes,
        text: str = "",
        number: int = 0,
        maybe: str | None = None,
        level: Level = Level.LOW,
        listed: list[int] = [],  # noqa: B006
    ) -> None: ...

    given = form(
        ("image", b"\xff\x00"),
        ("text", b"123"),
        ("number", b"123"),
        ("maybe", b"123"),
        ("level", b"2"),
        ("listed", b"[1, 2]"),
    )
    assert plane(predict).read(given) == {
        "image": b"\xff\x00",
        "text": "123",
        "number": 123,
        "maybe": "123",
        "level": Level.HIGH,
        "listed": [1, 2],
    }
    assert faults(plane(predict), form(("image", b""), ("text", b"\xff"))) == [
        ("text", "str", "bytes that are not UTF-8")
    ]
    wrong = form(("image", b""), ("number", b"1e999"), ("x", b""))
    assert faults(plane(predict), wrong) == [
        (
            "x",
            "one of 'image', 'text', 'number', 'maybe', 'level', 'listed'",
            "an unknown argument",
        ),
        ("number", "int", "str"),
    ]
