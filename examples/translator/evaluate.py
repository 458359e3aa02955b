"""Asks the running app about every picture that `lading run pictures` drew, and prints a table.

    python3 evaluate.py [http://127.0.0.1:8080]

The character error rate is the edit distance to what was drawn, in characters of that; line breaks
count as spaces.
"""

import base64
import json
import sys
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

MADE = Path(__file__).parent / "pictures" / "made"


@dataclass
class Score:
    """Sums over pictures of one sort."""

    pictures: int = 0
    characters: int = 0
    wrong: dict[str, int] = field(default_factory=dict)
    """Edits needed, by how it was read."""
    detected: int = 0
    seconds: float = 0.0

    def error_rate(self, reading: str) -> float:
        return self.wrong.get(reading, 0) / self.characters

    @property
    def accuracy(self) -> float:
        return self.detected / self.pictures


def evaluate(gateway: str, made: Path = MADE) -> dict[str, Score]:
    """The scores of pictures drawn plainly, of those like photos, and of all."""
    truth = json.loads((made / "truth.json").read_text("utf-8"))
    scores = {"plain": Score(), "photo": Score(), "all": Score()}
    for name, known in truth.items():
        image = base64.b64encode((made / name).read_bytes()).decode()
        begun = time.perf_counter()
        first = ask(gateway, "ocr", image=image)["text"]
        language = ask(gateway, "detect", text=first)["language"]
        second = ask(gateway, "ocr", image=image, language=language)["text"]
        seconds = time.perf_counter() - begun
        for score in (scores["photo" if known["photo"] else "plain"], scores["all"]):
            score.pictures += 1
            score.characters += len(known["text"])
            score.detected += language == known["language"]
            score.seconds += seconds
            for reading, text in (("first", first), ("second", second)):
                edits = distance(spaced(text), spaced(known["text"]))
                score.wrong[reading] = score.wrong.get(reading, 0) + edits
    return scores


def ask(gateway: str, service: str, **arguments: object) -> dict:
    """A prediction. Raises urllib.error.HTTPError."""
    request = urllib.request.Request(
        f"{gateway}/{service}/predict",
        json.dumps(arguments).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=60) as response:
        return json.load(response)


def spaced(text: str) -> str:
    return " ".join(text.split())


def distance(one: str, other: str) -> int:
    """Levenshtein's: the fewest characters to insert, delete or replace."""
    row = list(range(len(other) + 1))
    for i, a in enumerate(one, 1):
        above, row = row, [i]
        for j, b in enumerate(other, 1):
            row.append(min(row[-1] + 1, above[j] + 1, above[j - 1] + (a != b)))
    return row[-1]


def table(scores: dict[str, Score]) -> str:
    """In Markdown."""
    lines = [
        "| pictures | | errors, all languages | language found | errors, that language | time |",
        "|---|---|---|---|---|---|",
    ]
    for sort, score in scores.items():
        lines.append(
            f"| {sort} | {score.pictures} | {score.error_rate('first'):.1%} | "
            f"{score.accuracy:.1%} | {score.error_rate('second'):.1%} | "
            f"{score.seconds / score.pictures * 1000:.0f} ms |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(evaluate(sys.argv[1] if len(sys.argv) > 1 else "http://127.0.0.1:8080")))
