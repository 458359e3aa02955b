"""Values of a graph, checked and written as graph.json has them."""

from __future__ import annotations

from typing import Any

from lading.building.contracts.types import Field, Record, Row, of_value
from lading.settings.faults import Faults
from lading.settings.graphs.expressions import Constant, Object, Reference, Written
from lading.settings.graphs.scope import Scope, Value, is_base64

Document = dict[str, Any]


def checked(written: Written, scope: Scope, faults: Faults) -> tuple[Document, Value]:
    """A value's document, and what is known of it."""
    if isinstance(written, Constant):
        return {"kind": "constant", "value": written.value}, Value(of_value(written.value))
    if isinstance(written, Reference):
        value = scope.refer(written, faults)
        decoded = {"base64": True} if is_base64(value) else {}
        path = [written.name, *written.path]
        return {"kind": "reference", "path": path, **decoded}, value
    if isinstance(written, Object):
        several = {name: checked(x, scope, faults) for name, x in written.entries.items()}
        fields = {name: Field(value.type) for name, (_, value) in several.items()}
        documents = {name: document for name, (document, _) in several.items()}
        return {"kind": "object", "entries": documents}, Value(Record("", fields))
    items = [checked(one, scope, faults) for one in written.items]
    types = tuple(value.type for _, value in items)
    return {"kind": "items", "items": [document for document, _ in items]}, Value(Row(types))


def shown(written: Written) -> str:
    """For an error: the reference as it was written, or nothing."""
    return written.text if isinstance(written, Reference) else ""
