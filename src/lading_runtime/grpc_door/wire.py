"""Protocol Buffers' wire format, as much of it as proto3 messages need; no package is.

https://protobuf.dev/programming-guides/encoding/. A message is a dict; one that is not there, or
has its default, is absent. Repeated numbers are kept as the bytes they came as, `Packed`: those of
floats are then what a tensor has in binary form already.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Optional, Union

_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5
_WORD = 2**64
NUMBERS: Mapping[Any, int] = {
    "bool": _VARINT, "int32": _VARINT, "int64": _VARINT, "uint32": _VARINT,
    "uint64": _VARINT, "enum": _VARINT, "float": _FIXED32, "double": _FIXED64,
}  # fmt: skip
"""The kinds of fields that are numbers, and their wire types."""


class WireError(ValueError):
    """Bytes that are no message of their type."""


class Field(NamedTuple):
    """One field of a message. `kind` is a key of NUMBERS, "string", "bytes" or a message."""

    name: str
    kind: Union[str, Message]
    repeated: bool = False
    is_map: bool = False
    """A repeated message of a key, 1, and a value, 2: a dict here."""


class Message:
    """A type of message: its fields by their numbers."""

    def __init__(self, fields: Mapping[int, Field]) -> None:
        self.fields = dict(fields)


def decode(message: Message, data: memoryview, into: Optional[dict[str, Any]] = None) -> Any:
    """A dict of the fields that came; values of bytes are views of `data`. Raises WireError."""
    fields: dict[str, Any] = {} if into is None else into
    for number, wire_type, value in _fields(data):
        field = message.fields.get(number)
        if field is None:
            continue
        if wire_type == _LENGTH:
            _take(field, value, fields)
        elif NUMBERS.get(field.kind) == wire_type:
            if field.repeated:
                fields.setdefault(field.name, []).append(_again(wire_type, value))
            else:
                fields[field.name] = _number(field.kind, value)
    return fields


def _fields(data: memoryview) -> Iterator[tuple[int, int, Any]]:
    """Number, wire type and value: a varint, or a view of the bytes."""
    place, end = 0, len(data)
    while place < end:
        tag = data[place]
        place += 1
        if tag >= 0x80:
            tag, place = varint(data, place - 1)
        wire_type, number = tag & 7, tag >> 3
        if wire_type == _VARINT:
            value, place = varint(data, place)
            yield number, wire_type, value
            continue
        if wire_type == _LENGTH:
            size, place = varint(data, place)
        elif wire_type in (_FIXED64, _FIXED32):
            size = 8 if wire_type == _FIXED64 else 4
        else:
            raise WireError(f"wire type {wire_type} in field {number}")
        if number == 0 or size > end - place:
            raise WireError(f"field {number} of {size} bytes, of which there are {end - place}")
        yield number, wire_type, data[place : place + size]
        place += size


def _take(field: Field, value: memoryview, fields: dict[str, Any]) -> None:
    kind = field.kind
    taken: Any
    if isinstance(kind, Message):
        if field.is_map:
            entry = decode(kind, value)
            default: Any = {} if isinstance(kind.fields[2].kind, Message) else None
            fields.setdefault(field.name, {})[entry.get("key", "")] = entry.get("value", default)
            return
        taken = decode(kind, value, None if field.repeated else fields.get(field.name))
    elif kind == "string":
        try:
            taken = str(value, "utf-8")
        except UnicodeDecodeError:
            raise WireError(f"{field.name} is not UTF-8") from None
    else:
        # Bytes, or many numbers in one piece.
        taken = value
        if kind != "bytes" and not field.repeated:
            return
    if field.repeated:
        fields.setdefault(field.name, []).append(taken)
    else:
        fields[field.name] = taken


def varint(data: memoryview, place: int) -> tuple[int, int]:
    """The number at a place, and the place after it. Raises WireError."""
    value = shift = 0
    end = min(len(data), place + 10)
    while place < end:
        byte = data[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value % _WORD, place
        shift += 7
    raise WireError("a number that does not end")


def _again(wire_type: int, value: Any) -> Any:
    """One number of a repeated field that came alone, as it is among many."""
    return memoryview(_varint(value)) if wire_type == _VARINT else value


def _number(kind: Any, value: Any) -> Any:
    if kind == "double":
        return struct.unpack("<d", value)[0]
    if kind == "float":
        return struct.unpack("<f", value)[0]
    return _narrowed(kind, value)


def _narrowed(kind: Any, value: int) -> Any:
    """A varint as a number of its kind: negative ones come as those of 64 bits."""
    if kind == "bool":
        return value != 0
    if kind == "uint64":
        return value
    if kind == "uint32":
        return value & 0xFFFFFFFF
    if kind == "int64":
        return value - _WORD if value >> 63 else value
    value &= 0xFFFFFFFF
    return value - 2**32 if value >> 31 else value


def numbers(kind: str, pieces: list[memoryview]) -> list[Any]:
    """The numbers of a repeated field. Raises WireError."""
    data = b"".join(pieces)
    if kind in ("float", "double"):
        code, size = ("f", 4) if kind == "float" else ("d", 8)
        if len(data) % size:
            raise WireError(f"{len(data)} bytes of {kind}")
        return list(struct.unpack(f"<{len(data) // size}{code}", data))
    if data.isascii():  # each is less than 128, a byte of its own
        return [byte != 0 for byte in data] if kind == "bool" else list(data)
    found = _varints(data)
    if kind in ("uint32", "uint64", "bool") or max(found) >> 31:
        return [_narrowed(kind, value) for value in found]
    return found


def _varints(data: bytes) -> list[int]:
    """As `varint`, of many that follow one another, and as fast as it goes here."""
    found: list[int] = []
    append = found.append
    value = shift = 0
    for byte in data:
        if byte < 0x80:
            append((value | byte << shift) % _WORD)
            value = shift = 0
        elif shift == 63:
            raise WireError("a number that does not end")
        else:
            value |= (byte & 0x7F) << shift
            shift += 7
    if shift:
        raise WireError("a number that does not end")
    return found


def encode(message: Message, fields: Mapping[str, Any]) -> bytes:
    """The reverse: numbers of repeated fields are lists. Fields of the default are left out."""
    return b"".join(_encoded(message, fields))


def _encoded(message: Message, fields: Mapping[str, Any]) -> Iterator[Any]:
    for number, field in message.fields.items():
        value = fields.get(field.name)
        if value is None:
            continue
        if field.is_map:
            pairs = [{"key": key, "value": one} for key, one in value.items()]
            yield from _all(number, field, pairs)
        elif field.repeated:
            if field.kind in NUMBERS:
                packed = b"".join(_packed(field.kind, one) for one in value)
                yield from (_tag(number, _LENGTH), _varint(len(packed)), packed) if value else ()
            else:
                yield from _all(number, field, value)
        else:
            yield from _one(number, field, value)


def _all(number: int, field: Field, values: Any) -> Iterator[Any]:
    for value in values:
        yield from _one(number, field, value)


def _one(number: int, field: Field, value: Any) -> Iterator[Any]:
    kind = field.kind
    if isinstance(kind, Message):
        data: Any = encode(kind, value)
    elif kind in NUMBERS:
        yield _tag(number, NUMBERS[kind])
        yield _packed(kind, value)
        return
    else:
        data = value.encode() if isinstance(value, str) else value
    yield _tag(number, _LENGTH)
    yield _varint(len(data))
    yield data


def _packed(kind: Any, value: Any) -> bytes:
    if kind in ("float", "double"):
        return struct.pack("<f" if kind == "float" else "<d", value)
    return _varint(int(value) % _WORD)


def _tag(number: int, wire_type: int) -> bytes:
    return _varint(number << 3 | wire_type)


def _varint(value: int) -> bytes:
    if value < 0x80:
        return bytes((value,))
    parts = bytearray()
    while value >= 0x80:
        parts.append(value & 0x7F | 0x80)
        value >>= 7
    parts.append(value)
    return bytes(parts)
