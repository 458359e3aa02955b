"""Whatever a graph holds, reading it gives a SettingsError, or a graph that the server loads."""

from __future__ import annotations

import copy
import random
from pathlib import Path
from typing import Any

import yaml

from lading.errors import SettingsError
from lading.settings import read
from lading_runtime.graphs.loading import load
from tests.contracts.test_graphs import EVERYTHING, MODULE

CASES = 1_000
VALUES: list[Any] = [
    *(None, True, 0, -1, 10**30, 1.5, float("nan"), "", "$", "$$", "$x", "$first", "$first.a[0]"),
    *("$image", "$words[9]", "one", "all", "node", [], {}, [[]], {"a": {"b": 1}}, [None]),
    *({"call": "one"}, {"call": "all", "with": {"image": "$image"}}, {"value": {}}, ["one", "two"]),
    *({"switch": "$kind", "cases": {}}, {"steps": {}, "output": 1}, {"type": "int", "default": []}),
    *("str", "list[list[str]]", 'Literal["a"]', "int | None", "list[", "5s", "a" * 500, "\ud7ff"),
]


def test_no_graph_gives_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "m.py").write_text(MODULE)
    chance = random.Random(33)
    valid = yaml.safe_load(EVERYTHING)
    seen = {True: 0, False: 0}
    for case in range(CASES):
        document = copy.deepcopy(valid)
        for _ in range(chance.randint(1, 3)):
            _mutate(document["services"]["all"]["graph"], chance)
        content = yaml.dump(document, Dumper=yaml.CSafeDumper)
        (tmp_path / "lading.yaml").write_text(content)
        seen[_is_valid(tmp_path, content, case)] += 1
    assert min(seen.values()) > CASES // 50, seen


def _is_valid(folder: Path, content: str, case: int) -> bool:
    try:
        app = read(folder)
    except SettingsError as error:
        assert str(error), content
        return False
    except Exception as error:
        raise AssertionError(f"case {case}: {content}") from error
    for graph in (x.recipe.graph for x in app.services if x.recipe.graph):
        (folder / "graph.json").write_text(graph.text)
        try:
            load(str(folder / "graph.json"))
        except Exception as error:
            raise AssertionError(f"case {case}: {content}") from error
    return True


def _mutate(part: Any, chance: random.Random) -> None:
    while True:
        keys = list(part) if isinstance(part, dict) else list(range(len(part)))
        if not keys:
            return
        key = chance.choice(keys)
        if not isinstance(part[key], dict | list) or not part[key] or chance.random() < 0.3:
            break
        part = part[key]
    if chance.random() < 0.2:
        del part[key]
    elif isinstance(part, dict) and chance.random() < 0.2:
        part[chance.choice(["with", "otherwise", "x", "needs", "first", "take"])] = chance.choice(
            VALUES
        )
    else:
        part[key] = chance.choice(VALUES)
