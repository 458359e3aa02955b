"""A JSON document, read field by field, with errors that say which field is wrong and how."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from lading.errors import StoreError

_NAMES = {
    str: "text",
    int: "a whole number",
    dict: "an object",
    list: "a list",
    bool: "true or false",
}
_T = TypeVar("_T")


@dataclass(frozen=True)
class Document:
    """An object of a document. `path` says where it stands: "manifest.layers[2]"."""

    fields: Mapping[str, Any]
    path: str

    @classmethod
    def parse(cls, raw: bytes, path: str) -> Document:
        """Raises StoreError when `raw` is no JSON object."""
        return cls(typed(_parsed(raw, path), dict, path), path)

    @classmethod
    def parse_list(cls, raw: bytes, path: str) -> list[Document]:
        """Raises StoreError when `raw` is no JSON list of objects."""
        items = _numbered(typed(_parsed(raw, path), list, path), path)
        return [cls(typed(item, dict, place), place) for place, item in items]

    def at(self, key: str) -> str:
        """Where a field stands, in words for a message."""
        return f"{self.path}.{key}"

    def has(self, key: str) -> bool:
        """Whether the field is there and not null."""
        return self.fields.get(key) is not None

    # From here on: the field, or a StoreError when it is not there or of another kind.

    def text(self, key: str) -> str:
        return self._required(key, str)

    def whole(self, key: str) -> int:
        return self._required(key, int)

    def truth(self, key: str) -> bool:
        return self._required(key, bool)

    def child(self, key: str) -> Document:
        return Document(self._required(key, dict), self.at(key))

    def children(self, key: str) -> list[Document]:
        """A list of objects."""
        return [
            Document(typed(item, dict, place), place)
            for place, item in _numbered(self._required(key, list), self.at(key))
        ]

    def texts(self, key: str) -> list[str]:
        """A list of texts."""
        items = _numbered(self._required(key, list), self.at(key))
        return [typed(item, str, place) for place, item in items]

    def mapping(self, key: str, kind: type[_T]) -> dict[str, _T]:
        """An object whose values are all of one kind."""
        child = self.child(key)
        return {name: typed(value, kind, child.at(name)) for name, value in child.fields.items()}

    def _required(self, key: str, kind: type[_T]) -> _T:
        if key not in self.fields:
            raise StoreError(where=self.at(key), expected=_NAMES[kind], came="nothing")
        return typed(self.fields[key], kind, self.at(key))


def typed(value: object, kind: type[_T], path: str) -> _T:
    """Raises StoreError unless `value` is of `kind`. true is not a whole number."""
    if isinstance(value, kind) and (kind is bool or not isinstance(value, bool)):
        return value
    raise StoreError(where=path, expected=_NAMES[kind], came=shown(value))


def shown(value: object) -> str:
    """A value as it looks in a message, shortened."""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 80 else f"{text[:77]}…"


def _parsed(raw: bytes, path: str) -> object:
    try:
        value: object = json.loads(raw)
        if b"\\u" in raw:
            # Half a surrogate pair is no text: it could never be written again (RFC 8259, 8.2).
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise StoreError("not JSON", path, came=shown(raw[:60])) from error
    return value


def _numbered(items: list[Any], path: str) -> list[tuple[str, Any]]:
    return [(f"{path}[{number}]", item) for number, item in enumerate(items)]
