"""The key `graph` of a service."""

from __future__ import annotations

from lading.settings.compounds import Key, Keys, Named
from lading.settings.graphs.expressions import NAME, NAME_WORDS, Expression
from lading.settings.graphs.inputs import Argument
from lading.settings.graphs.nodes import STEPS, definition
from lading.settings.kinds import Schema

GRAPH = Keys(
    "a graph",
    {
        "input": Key(
            Named("a mapping from names to types", Argument(), NAME_WORDS, NAME),
            "What the service takes, by name: a type, or a mapping with `type` and `default`.",
            "nothing",
        ),
        "steps": Key(
            STEPS,
            "What is done, by name. A step is a `call`, a `switch`, an `ensemble`, a `parallel`, "
            "`steps` of its own, or a `value`, and begins as soon as what it refers to is there.",
            required=True,
        ),
        "output": Key(
            Expression(),
            "What the service answers: a value with references such as `$page.text`.",
            required=True,
        ),
    },
)
DEFINITIONS: dict[str, Schema] = {"node": definition()}
"""What the JSON Schema of a graph refers to."""
