"""What the fuzzer begins from: well-formed bytes of every kind, for it to break."""

from __future__ import annotations

import io
import json

import numpy


def _npy(array: numpy.ndarray) -> bytes:
    buffer = io.BytesIO()
    numpy.save(buffer, array)
    return buffer.getvalue()


def _field(name: str, value: bytes, file: str = "") -> bytes:
    more = f'; filename="{file}"' if file else ""
    head = f'--b\r\nContent-Disposition: form-data; name="{name}"{more}\r\n\r\n'
    return head.encode() + value + b"\r\n"


def _inference(binary: bytes = b"", **tensor: object) -> bytes:
    parameters = {"binary_data_size": len(binary)} if binary else {}
    text = json.dumps({"id": "1", "inputs": [{**tensor, "parameters": parameters}]}).encode()
    length = len(text) if binary else 0xFFFF
    return length.to_bytes(2, "big") + text + binary


_GET = b"GET /s/readyz?a=b HTTP/1.1\r\nHost: h\r\n\r\n"
_POST = b"POST /s/predict HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n{}"
_CHUNKED = (
    b"POST /s/predict HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n"
    b"Expect: 100-continue\r\n\r\n2;x=y\r\n{}\r\n0\r\nA: b\r\n\r\n"
)
_UPGRADE = b"GET / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"
_ARGUMENTS = {
    "image": "aGVsbG8=", "files": ["AA=="], "box": {"width": 3, "label": "x"},
    "tree": {"name": "a", "children": [{"name": "b"}]}, "language": "deu", "colour": "blue",
    "when": "2026-01-31T12:00:00Z", "options": {"deep": {"a": [1.5]}}, "number": 1e3,
    "rows": [[1, 2], [3, 4]], "any_rows": [True], "value": [None, {"x": "é"}],
}  # fmt: skip
_FIELDS = [_field(x, json.dumps(y).encode()) for x, y in _ARGUMENTS.items()]
_NUMBERS = numpy.arange(6, dtype="<f4").reshape(2, 3)

SEEDS: dict[str, list[bytes]] = {
    "http": [
        b"\x00" + _GET, b"\x05" + _POST + _GET, b"\x10" + _CHUNKED + _GET,
        b"\xff" + _UPGRADE + _GET,
        b"\x03GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n" + _GET,
    ],
    "multipart": [
        b"boundary=b\n" + _field("a", b"one") + _field("f", b"\0\xff", "x.png") + b"--b--\r\n",
        b'charset=utf-8; boundary="b"\npreamble\r\n' + _field("a", b"") + b"--b--epilogue",
    ],
    "json": [json.dumps(_ARGUMENTS).encode(), b"{}", b'{"number": 1e400, "number": "\\ud800"}'],
    "form": [
        b"".join(_FIELDS) + b"--b--\r\n",
        _field("image", b"\x89PNG", "a.png") + _field("files", b"1") * 3 + b"--b--\r\n",
        _field("rows", _npy(_NUMBERS), "rows.npy") + b"--b--\r\n",
    ],
    "npy": [
        _npy(_NUMBERS), _npy(numpy.asfortranarray(_NUMBERS)), _npy(numpy.array(7)),
        _npy(numpy.array([1 + 2j])), _npy(numpy.array(["a"])), _npy(numpy.zeros((0, 3))),
    ],
    "octets": [_NUMBERS.tobytes(), b"", b"1234567"],
    "inference": [
        _inference(name="number", shape=[1], datatype="INT64", data=[3]),
        _inference(name="language", shape=[1], datatype="BYTES", data=["deu"]),
        _inference(b"\x03\0\0\0deu", name="language", shape=[1], datatype="BYTES"),
        _inference(_NUMBERS.tobytes(), name="rows", shape=[2, 3], datatype="FP32"),
    ],
    "inference-array": [
        _inference(name="rows", shape=[2, 2], datatype="FP64", data=[[1, 2], [3, 4]]),
        _inference(_NUMBERS.tobytes(), name="rows", shape=[2, 3], datatype="FP32"),
        _inference(b"\1\0", name="rows", shape=[2], datatype="BOOL"),
    ],
    "planted": [b"{x", b"y}"],
}  # fmt: skip
