"""A service declared once over several values, and what a user reads when that is wrong."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from lading.errors import SettingsError
from lading.settings import App, read, schema
from lading.settings.document import MAX_BYTES

PAIRS = """\
app: a
services:
  before: {handler: t:T}
  translate-{from}-{to}:
    each:
      - {from: en, to: es, packages: [apertium-eng-spa], cores: 2}
      - {from: fr, to: es, packages: [apertium-fr-es, libicu72], cores: 0.5}
    handler: t:T
    packages: "{packages}"
    resources: {cpu: "{cores}"}
    env: {PAIR: "{from}|{to}", JSON: '{{"to": "{to}"}}'}
    x-note: a single { of the user's own
  after: {handler: t:T, env: {PLAIN: "{to}"}}
steps:
  train-{each}:
    each: [en, 3]
    command: [python3, train.py, "{each}"]
    environment: translate-{each}-es
    outputs: ["model-{each}"]
"""


def app(folder: Path, content: str) -> App:
    (folder / "t.py").touch()
    (folder / "lading.yaml").write_text(content)
    return read(folder)


def said(folder: Path, services: str) -> str:
    with pytest.raises(SettingsError) as caught:
        app(folder, f"app: a\nservices:\n{services}")
    return str(caught.value)


def test_each_value_is_a_service_of_its_own_in_the_place_of_the_one_that_was_written(
    tmp_path: Path,
) -> None:
    services = app(tmp_path, PAIRS.replace("[en, 3]", "[en, fr]")).services
    assert [x.name for x in services] == ["before", "translate-en-es", "translate-fr-es", "after"]
    english, french = services[1:3]
    assert english.recipe.env == {"PAIR": "en|es", "JSON": '{"to": "es"}'}
    assert english.recipe.environment.packages == ("apertium-eng-spa",)
    assert french.recipe.environment.packages == ("apertium-fr-es", "libicu72")
    assert (english.limits.cpu, french.limits.cpu) == (2, 0.5)


def test_what_does_not_say_each_keeps_its_braces(tmp_path: Path) -> None:
    after = app(tmp_path, PAIRS.replace("[en, 3]", "[en]")).service("after")
    assert after is not None
    assert after.recipe.env == {"PLAIN": "{to}"}


def test_steps_are_declared_over_values_too(tmp_path: Path) -> None:
    steps = app(tmp_path, PAIRS.replace("[en, 3]", "[en, fr]")).steps
    assert [x.name for x in steps] == ["train-en", "train-fr"]
    assert steps[1].recipe.command == ("python3", "train.py", "fr")
    assert steps[1].recipe.environment.name == "translate-fr-es"
    assert [str(x) for x in steps[1].outputs] == ["model-fr"]


def test_a_fault_keeps_its_line_and_names_the_service_that_has_it(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        app(tmp_path, PAIRS)
    assert str(caught.value) == (
        "lading.yaml:18: steps.train-3.environment: no service or step is named translate-3-es; "
        "did you mean translate-fr-es?"
    )
    wrong = PAIRS.replace("[en, 3]", "[en]").replace("cores: 2", "cores: none")
    with pytest.raises(SettingsError) as caught:
        app(tmp_path, wrong)
    assert str(caught.value) == (
        "lading.yaml:10: services.translate-en-es.resources.cpu: "
        'expected a number from 0.01 to 1024, got "none"'
    )


def test_a_mistake_that_all_of_them_have_is_said_once(tmp_path: Path) -> None:
    written = (
        "  a-{n}:\n    each: [{n: 1}, {n: 2}, {n: 3}]\n    handler: t:T\n"
        "    handlr: t:T\n    resources: {cpu: '{n}', memory: '1'}\n  b-1: {handlr: t:T}\n"
    )
    assert said(tmp_path, written) == (
        "lading.yaml:6: services.a-1.handlr: unknown key; did you mean handler?\n"
        'lading.yaml:7: services.a-1.resources.memory: expected a size from 4Mi, such as "512Mi" '
        'or "1Gi", got "1"\n'
        "lading.yaml:8: services.b-1.handlr: unknown key; did you mean handler?"
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("a: {each: [b, c], handler: t:T}", "a: each value gives the same name; put a placeholder "
         "into it, such as a-{each}"),
        ("a-{n}: {handler: t:T}", "a-{n}: nothing says what {n} stands for; add `each:` with its "
         "values"),
        ("a-{frm}: {each: [{from: b}], handler: t:T}", "a-{frm}: no value in `each` is named frm; "
         "did you mean {from}?"),
        ("a-{n}: {each: [{n: b}], handler: t:T, env: {A: '${HOME}'}}", "a-{n}.env.A: no value in "
         "`each` is named HOME; add it, or write {{HOME}}"),
        ("a-{n}: {each: [{n: b}], handler: t:T, env: {A: 'f() {'}}", "a-{n}.env.A: a single { "
         "where `each` fills placeholders in; write {{ for the character itself"),
        ("a-{n}: {each: [{n: b}], handler: t:T, packages: [{n}]}", "a-{n}.packages[0]: a mapping; "
         'write it in quotes: "{n}"'),
        ("a-{n}: {each: [{n: b, m: c}], handler: t:T}", "a-{n}.each: nothing uses {m}; use it, or "
         "remove it"),
        ("a-{n}: {each: [{n: b}, {m: c}], handler: t:T}", "a-{n}.each[1]: expected n, as in the "
         "first, got m"),
        ("a-{n}: {each: [{n: b}, {n: b}], handler: t:T}", "a-{n}: a-b is already declared on line "
         "3; make the names differ, or remove one"),
        ("a-{n}: {each: [{n: [b]}], handler: t:T}", "a-{n}: {n} is not always a plain value; only "
         'a text that is "{n}" and nothing else can become a list or a mapping'),
        ("a-{n}: {each: {n: b}, handler: t:T}", "a-{n}.each: expected a list of mappings with the "
         "same names, or of plain values, got a mapping"),
        ("a-{n}: {each: [], handler: t:T}", "a-{n}.each: expected a list of mappings with the "
         "same names, or of plain values, got a list"),
        ("a-{n}: {each: [{n: }], handler: t:T}", "a-{n}.each[0].n: expected a value, got nothing"),
        ("a-{n}: {each: [[b]], handler: t:T}", "a-{n}.each[0]: expected a mapping from names to "
         "values, or a value, got a list"),
        ("a-{n}: {each: [{'n n': b}], handler: t:T}", "a-{n}.each[0].n n: expected a name of "
         'letters, digits and underscores, no digit first, got "n n"'),
        ("a-{each}: {each: [B], handler: t:T}", "a-B: expected a name of at most 40 lower-case "
         'letters, digits and single hyphens, a letter first, got "a-B"'),
    ],
)  # fmt: skip
def test_what_cannot_be_filled_in_is_explained(tmp_path: Path, written: str, text: str) -> None:
    assert said(tmp_path, f"  {written}\n") == f"lading.yaml:3: services.{text}"


def test_a_name_that_is_declared_twice_says_where_the_first_is(tmp_path: Path) -> None:
    written = "  a-b: {handler: t:T}\n  a-{each}: {each: [b], handler: t:T}\n"
    assert said(tmp_path, written) == (
        "lading.yaml:4: services.a-{each}: a-b is already declared on line 3; "
        "make the names differ, or remove one"
    )


def test_values_that_multiply_are_bounded(tmp_path: Path) -> None:
    values = ", ".join(f"v{i}" for i in range(2000))
    services = (
        f"  a-{{each}}:\n    each: [{values}]\n    handler: t:T\n    env: {{A: {'x' * 999}}}\n"
    )
    begun = time.monotonic()
    assert said(tmp_path, services) == (
        "lading.yaml:3: services.a-{each}: its `each` unfolds into too much: "
        f"expected at most {MAX_BYTES} characters in all"
    )
    assert time.monotonic() - begun < 2


def test_editors_take_placeholders_where_each_name_has_one() -> None:
    services = schema.document()["properties"]["services"]
    names = [x["pattern"] for x in services["propertyNames"]["anyOf"]]
    assert [bool(re.search(x, "translate-{from}-{to}")) for x in names] == [False, True]
    assert [bool(re.search(x, "a-{}")) for x in names] == [False, False]
    ((pattern, outline),) = services["patternProperties"].items()
    assert re.search(pattern, "a-{b}")
    assert not re.search(pattern, "a-b")
    assert outline["properties"].keys() == services["additionalProperties"]["properties"].keys()
    assert outline["additionalProperties"] is False
