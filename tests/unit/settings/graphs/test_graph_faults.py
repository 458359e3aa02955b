"""What a user reads when a graph is wrong: every text, literally, with both sides' lines."""

from __future__ import annotations

from pathlib import Path

import pytest

from lading.errors import SettingsError
from lading.settings import read

READER = """\
from dataclasses import dataclass
@dataclass
class Word:
    text: str
@dataclass
class Page:
    text: str
    count: int
    words: list[Word]
class Reader:
    def predict(self, image: bytes, language: str = "eng") -> Page: ...
def detect(text: str) -> str: ...
def score(rows: list[list[float]]) -> list[float]: ...
def speak(text: str):
    yield text
"""
HEAD = """\
app: a
services:
  ocr: {source: src, handler: "m:Reader"}
  detect: {source: src, handler: "m:detect"}
  score: {source: src, handler: "m:score"}
  speak: {source: src, handler: "m:speak"}
  trees: {source: src, flavour: sklearn, model: t.joblib}
  node: {source: src, command: [node, server.js]}
  read:
    graph:
      input: {image: bytes, n: int}
      steps:
        page: {call: ocr, with: {image: $image}}
"""
AT = "lading.yaml:14: services.read.graph.steps.s"


def said(folder: Path, content: str) -> str:
    (folder / "src").mkdir(exist_ok=True)
    (folder / "src" / "m.py").write_text(READER)
    (folder / "lading.yaml").write_text(content)
    with pytest.raises(SettingsError) as caught:
        read(folder)
    return str(caught.value).replace(f"{folder}/", "")


@pytest.mark.parametrize(
    ("step", "text"),
    [
        ("{call: detekt}", ".call: no service is named detekt; did you mean detect?"),
        ("{call: fit}", ".call: fit is a step, which runs to completion and answers nobody"),
        ("{call: detect, with: {text: $page.count}}",
         ".with.text: expected str, as detect takes it (src/m.py:12), got int, which $page.count "
         "is (src/m.py:6)"),
        ("{call: detect, with: {text: 3}}",
         ".with.text: expected str, as detect takes it (src/m.py:12), got 3"),
        ("{call: detect, with: {text: $n}}",
         ".with.text: expected str, as detect takes it (src/m.py:12), got int, which $n is "
         "(lading.yaml:11)"),
        ("{call: score, with: {rows: $page.words}}",
         ".with.rows: expected list[float] at [*], as score takes it (src/m.py:13), got Word, "
         "which $page.words[*] is (src/m.py:6)"),
        ("{call: detect}", ".call: detect is not given text: expected text: str (src/m.py:12) in "
         "`with`"),
        ("{call: ocr, with: {image: $image, langage: deu}}",
         ".with.langage: ocr takes no langage (src/m.py:11); did you mean language?"),
        ("{call: detect, with: {text: a, x: 1}}",
         ".with.x: detect takes no x (src/m.py:12): expected text"),
        ("{call: detect, with: {text: $pge.text}}",
         ".with.text: $pge is no input and no step; did you mean $page?"),
        ("{call: detect, with: {text: $page.txt}}",
         ".with.text: $page has no txt: it is Page (src/m.py:6); did you mean text?"),
        ('{call: detect, with: {text: "$page.words[0].text.x"}}',
         ".with.text: $page.words[0].text has no x: it is str (src/m.py:3)"),
        ('{call: detect, with: {text: "$page[0]"}}',
         ".with.text: $page has no position 0: it is Page (src/m.py:6): expected one of text, "
         "count, words"),
        ("{call: detect, with: {text: $page.}}",
         '.with.text: expected a reference such as $page.words[0].text, got "$page."; write $$ '
         "where a text begins with $"),
        ("{call: detect, with: {text: no}}",
         '.with.text: expected a value of JSON, got no; write "no" for the text'),
        ("{call: detect, with: {text: $s}}", ": refers to its own result, $s; break the circle"),
        ("{call: speak, with: {text: a}}",
         ".call: speak streams (src/m.py:14), and a stream is no part of a graph; call it from a "
         "handler"),
        ("{call: trees, with: {input: [[1]]}}", [
            ".with.input: trees takes no input; did you mean inputs?",
            ".call: trees is not given inputs: expected inputs: rows in `with`"]),
        ("{call: trees, with: {inputs: abc}}",
         '.with.inputs: expected rows, as trees takes it, got "abc"'),
        ("{call: node, with: {x: 1}}",
         ".call: node is a `command:`, whose paths are its own; add `path:` with the one to ask"),
        ("{call: detect, path: /x, with: {text: a}}",
         ".path: detect predicts at /predict; remove `path`, which is for a `command:` service"),
        ("{switch: $page.words, cases: {a: 1}}",
         ".switch: expected text, a number or a truth value to tell cases apart, got list[Word], "
         "which $page.words is"),
        ("{ensemble: mean, of: [detect, detect], with: {text: a}}", [
            ".of[0]: expected numbers, or lists or objects of numbers, to take the mean of, got "
            "str",
            ".of[1]: expected numbers, or lists or objects of numbers, to take the mean of, got "
            "str"]),
        ("{ensemble: vote, of: [detect, detect], with: {text: a}, weights: [1], needs: 3}", [
            ".weights: expected 2 weights, one each, got 1",
            ".needs: expected at most 2, as many as there are, got 3"]),
        ("{ensemble: vote, of: [detect, detect], with: {text: a}, take: label}", [
            ".of[0]: its result has no label: it is str",
            ".of[1]: its result has no label: it is str"]),
        ("{ensemble: vote, of: [{value: 1}, {value: 2}], with: {text: a}}",
         ".with: is for members that are names of services, and there are none; remove it"),
        ("{ensemble: vote, of: [detect]}",
         ".of: expected a list of two or more services or nodes, got a list"),
        ("{cal: detect}", ": expected one of call, switch, ensemble, parallel, steps, value, got "
         "cal; write `value:` before a value that is a mapping"),
        ("{call: detect, switch: a}",
         ": expected one of call, switch, ensemble, parallel, steps, value, got call and switch"),
        ("{call: detect, wth: {text: a}}", ".wth: unknown key; did you mean with?"),
        ("{call: detect, with: {text: a}, timeout: 5}",
         '.timeout: expected a time up to 24h, such as "500ms", "30s" or "5m", got 5'),
        ("{steps: {page: 1}, output: $page}",
         ".steps.page: $page is something else already; choose another name"),
    ],
)  # fmt: skip
def test_a_step_that_cannot_be_is_explained(
    tmp_path: Path, step: str, text: str | list[str]
) -> None:
    content = f"{HEAD}        s: {step}\n      output: $page.text\nsteps: {{fit: {{command: x}}}}\n"
    texts = [text] if isinstance(text, str) else text
    assert said(tmp_path, content) == "\n".join(f"{AT}{one}" for one in texts)


GRAPHS = """\
app: a
services:
  one:
    requirements: a.txt
    batching: {max_size: 3}
    graph: {input: {x: int}, steps: {y: {call: two}}, output: $y}
  two:
    graph: {steps: {a: {call: three}, b: {value: $c}, c: {value: $b}}, output: $a.z}
  three:
    handler: m:R
    graph: {steps: {a: {call: one, with: {x: 1}}}, output: $a}
  four:
    graph: {input: {x: {type: int, default: a}, y: number, z: {default: 1}}, steps: {}, output: $x}
"""


def test_what_the_kinds_of_values_refuse_is_said_first(tmp_path: Path) -> None:
    types = "a type: str, int, float, bool, bytes, any, list[T], dict[str, T], "
    assert said(tmp_path, GRAPHS).splitlines() == [
        'lading.yaml:13: services.four.graph.input.x.default: expected int, got "a"',
        f'lading.yaml:13: services.four.graph.input.y: expected {types}Literal["a", "b"] or '
        'T | None, got "number"',
        "lading.yaml:13: services.four.graph.input.z: the key type is missing: expected "
        f'{types}Literal["a", "b"] or T | None',
    ]


def test_circles_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch()
    told = said(tmp_path, GRAPHS.partition("  four:")[0])
    assert told.splitlines() == [
        "lading.yaml:4: services.one.requirements: says nothing to a graph, which has no code; "
        "remove it",
        "lading.yaml:5: services.one.batching: says nothing to a graph, which has no code; "
        "remove it",
        "lading.yaml:6: services.one.graph.steps.y.call: graphs call one another for ever: one "
        "calls two calls three calls one; break the circle",
        "lading.yaml:8: services.two.graph.steps.b: waits for itself: $b needs $c needs $b; "
        "break the circle",
        "lading.yaml:10: services.three.handler: no such module: expected a file m.py",
        "lading.yaml:11: services.three.graph: a handler serves this service already; remove "
        "`graph`, or `handler`",
    ]
