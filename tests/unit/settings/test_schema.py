"""What is generated from the keys is what the repository holds."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from lading.settings import schema, templates
from lading.settings.keys import SERVICE

EXAMPLES = sorted((Path(__file__).resolve().parents[3] / "examples").glob("*/lading.yaml"))


def test_the_schema_file_is_the_one_the_keys_give() -> None:
    assert json.loads(schema.SCHEMA.read_text()) == schema.document()


def test_the_reference_page_is_the_one_the_keys_give() -> None:
    assert schema.REFERENCE.read_text() == schema.reference()


def test_the_schema_is_closed_but_for_the_users_own_keys() -> None:
    service = schema.document()["properties"]["services"]["additionalProperties"]
    assert set(service["properties"]) == set(SERVICE.known)
    assert service["additionalProperties"] is False
    assert service["patternProperties"] == {"^x-": True}
    assert service["oneOf"] == [
        {"required": ["handler"]},
        {"required": ["flavour"]},
        {"required": ["graph"]},
        {"required": ["command"], "not": {"required": ["image"]}},
        {"required": ["image"]},
    ]
    needs = {"flavour": ["model"], "user": ["image"]}
    assert service["dependentRequired"] == needs


def test_every_pattern_of_the_schema_is_a_regular_expression() -> None:
    patterns = list(_patterns(schema.document()))
    assert len(patterns) > 10
    for pattern in patterns:
        re.compile(pattern)


def test_the_schema_knows_every_key_that_the_templates_use() -> None:
    for name in templates.names():
        path = schema.SCHEMA.parent / "templates" / name / "lading.yaml"
        _known(yaml.safe_load(path.read_text()), schema.document())


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.parent.name)
def test_the_schema_takes_the_examples(path: Path) -> None:
    jsonschema.validate(yaml.safe_load(path.read_text()), schema.document())


def test_the_schema_refuses_a_template_with_an_unknown_key() -> None:
    document = yaml.safe_load("{app: a, services: {'b-{c}': {each: [{c: d}], hander: e:f}}}")
    with pytest.raises(jsonschema.ValidationError, match="'hander' does not match any"):
        jsonschema.validate(document, schema.document())


def _known(value: Any, part: dict[str, Any]) -> None:
    if not isinstance(value, dict):
        return
    for key, below in value.items():
        inner = part.get("properties", {}).get(key, part["additionalProperties"])
        assert inner is not False, key
        _known(below, inner)


def _patterns(part: Any) -> list[str]:
    if isinstance(part, list):
        return [x for item in part for x in _patterns(item)]
    if not isinstance(part, dict):
        return []
    own = [part["pattern"]] if isinstance(part.get("pattern"), str) else []
    return own + [x for item in part.values() for x in _patterns(item)]
