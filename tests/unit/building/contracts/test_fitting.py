"""Which values may be given where another type is wanted: only what surely fails is a misfit."""

from __future__ import annotations

import pytest

from lading.building.contracts.fitting import Misfit, misfit
from lading.building.contracts.inside import inside
from lading.building.contracts.schemas import schema
from lading.building.contracts.types import (
    BOOL,
    BYTES,
    FLOAT,
    INT,
    NONE,
    STR,
    UNKNOWN,
    Exactly,
    Field,
    Listed,
    Mapped,
    OneOf,
    Opaque,
    Record,
    Row,
    Type,
    of_value,
    one_of,
)

WORD = Record("Word", {"text": Field(STR), "score": Field(FLOAT, required=False)}, "a.py:1")
PICTURE = Opaque("PIL.Image.Image", frozenset({"file", "text"}))
MATRIX = Opaque("numpy.ndarray", frozenset({"array", "number", "truth"}))


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        (INT, INT),
        (INT, FLOAT),
        (STR, BYTES),  # base64
        (UNKNOWN, INT),
        (INT, UNKNOWN),
        (OneOf((STR, NONE)), STR),
        (STR, OneOf((INT, STR))),
        (Exactly(("en",)), STR),
        (STR, Exactly(("en", "de"))),
        (Exactly(("en", "fr")), Exactly(("en", "de"))),
        (Exactly((3,)), FLOAT),
        (Listed(INT), Listed(FLOAT)),
        (Row((INT, INT)), Listed(FLOAT)),
        (Listed(INT), Row((INT, FLOAT))),
        (Mapped(STR), WORD),
        (WORD, Mapped(STR)),
        (Record("", {"text": Field(STR), "more": Field(INT)}), WORD),
        (BYTES, PICTURE),
        (PICTURE, BYTES),
        (MATRIX, Listed(Listed(FLOAT))),
        (Listed(Listed(FLOAT)), MATRIX),
        (Record("", {"a": Field(STR)}), Record("M", {"a": Field(INT)}, is_lax=True)),
    ],
)
def test_what_may_fit_is_let_pass(given: Type, wanted: Type) -> None:
    assert misfit(given, wanted) is None


@pytest.mark.parametrize(
    ("given", "wanted", "path", "words"),
    [
        (STR, INT, "", "str/int"),
        (INT, STR, "", "int/str"),
        (FLOAT, INT, "", "float/int"),
        (BOOL, INT, "", "bool/int"),
        (BYTES, STR, "", "bytes/str"),
        (NONE, STR, "", "None/str"),
        (OneOf((STR, NONE)), INT, "", "str | None/int"),
        (STR, OneOf((INT, NONE)), "", "str/int | None"),
        (Exactly(("fr",)), Exactly(("en", "de")), "", '"fr"/"en" or "de"'),
        (INT, Exactly(("en",)), "", 'int/"en"'),
        (Exactly((True,)), INT, "", "true/int"),
        (Listed(STR), Listed(INT), "[*]", "str/int"),
        (Row((INT, STR)), Listed(INT), "[1]", "str/int"),
        (Row((INT,)), Row((INT, INT)), "", "[int]/[int, int]"),
        (STR, Listed(STR), "", "str/list[str]"),
        (WORD, Listed(STR), "", "Word/list[str]"),
        (Mapped(Listed(STR)), Mapped(Listed(INT)), ".*[*]", "str/int"),
        (Mapped(INT), WORD, ".text", "int/str"),
        (WORD, Mapped(INT), ".text", "str/int"),
        (Record("Box", {"x": Field(INT)}), WORD, "",
         "Box, which has no text/Word, whose text is required"),
        (Record("", {"text": Field(INT)}), WORD, ".text", "int/str"),
        (INT, PICTURE, "", "int/PIL.Image.Image"),
        (STR, MATRIX, "", "str/numpy.ndarray"),
        (MATRIX, STR, "", "numpy.ndarray/str"),
    ],
)  # fmt: skip
def test_what_surely_fails_is_named(given: Type, wanted: Type, path: str, words: str) -> None:
    assert misfit(given, wanted) == Misfit(path, *words.split("/"))


def test_values_that_another_type_holds_add_nothing() -> None:
    assert one_of([STR, Exactly(("en", "de"))]) == STR
    assert one_of([Exactly(("en", 1)), STR]) == OneOf((Exactly(("en", 1)), STR))
    assert one_of([OneOf((STR, NONE)), Exactly(("en",)), NONE]) == OneOf((STR, NONE))
    assert one_of([STR, UNKNOWN]) == UNKNOWN


def test_what_lies_inside_a_type() -> None:
    assert inside(WORD, "text") == STR
    assert inside(WORD, "txt") is None
    assert inside(Listed(WORD), 3) == WORD
    assert inside(Listed(WORD), "text") is None
    assert inside(Row((INT, STR)), 1) == STR
    assert inside(Row((INT, STR)), 2) is None
    assert inside(OneOf((WORD, NONE)), "text") == STR
    assert inside(UNKNOWN, "anything") == UNKNOWN


def test_a_type_is_described_as_json_schema() -> None:
    assert schema(of_value({"a": [1, None], "b": 2.5})) == {
        "type": "object",
        "properties": {
            "a": {
                "type": "array",
                "prefixItems": [{"enum": [1]}, {"type": "null"}],
                "minItems": 2,
                "maxItems": 2,
            },
            "b": {"type": "number"},
        },
        "required": ["a", "b"],
    }
    assert schema(Listed(WORD))["items"] == {
        "type": "object",
        "title": "Word",
        "properties": {"text": {"type": "string"}, "score": {"type": "number"}},
        "required": ["text"],
    }
    assert schema(MATRIX) == {}
