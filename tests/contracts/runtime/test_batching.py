"""Many callers, one batch: each gets its own answer, and nobody another's fault."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.contracts.runtime.serving import Server, serve


def ask(server: Server, numbers: Sequence[object]) -> list[httpx.Response]:
    """All at once, each over a connection of its own."""

    def one(number: object) -> httpx.Response:
        with server.client() as client:
            return client.post("/predict", json={"number": number})

    with ThreadPoolExecutor(len(numbers)) as pool:
        return list(pool.map(one, numbers))


@pytest.mark.parametrize("attribute", ["batches:Squares", "batches:AsyncSquares"])
def test_every_caller_gets_its_own_answer(tmp_path: Path, attribute: str) -> None:
    with serve(tmp_path, attribute) as server:
        sizes = set()
        for begin in range(0, 90, 30):
            numbers = [number for number in range(begin, begin + 30) if number != 13]
            answers = ask(server, numbers)
            assert [answer.json()[0] for answer in answers] == [n * n for n in numbers]
            sizes |= {answer.json()[1] for answer in answers}
        assert max(sizes) > 1


@pytest.mark.parametrize("attribute", ["batches:Squares", "batches:AsyncSquares"])
def test_one_that_cannot_be_predicted_fails_alone(tmp_path: Path, attribute: str) -> None:
    with serve(tmp_path, attribute) as server:
        for _ in range(3):
            numbers = [*range(5, 25)]
            answers = ask(server, numbers)
            for number, answer in zip(numbers, answers, strict=True):
                if number == 13:
                    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
                else:
                    assert answer.json()[0] == number * number
        assert server.log().count("ValueError: 13 cannot be squared") == 3


def test_one_that_is_invalid_never_enters_the_batch(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:Squares") as server:
        answers = ask(server, [1, "two", 3, None, 5])
    assert [answer.status_code for answer in answers] == [200, 422, 200, 422, 200]
    assert answers[1].json()["errors"] == [{"field": "number", "expected": "int", "came": "str"}]


def test_a_wrong_number_of_outputs_is_500_for_all_and_names_both(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:OneShort") as server:
        ask(server, [0])
        answers = ask(server, [*range(10)])
        assert {answer.status_code for answer in answers} == {500}
        counts = re.findall(
            r"predict_batch returned (\d+) outputs? for (\d+) inputs?", server.log()
        )
    assert counts
    assert all(int(came) == int(given) - 1 for came, given in counts)
    assert max(int(given) for _, given in counts) > 1


def test_batches_stay_within_their_size(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:Squares", BATCH_SIZE="4") as server:
        for _ in range(2):
            answers = ask(server, [20] * 24)
            assert max(answer.json()[1] for answer in answers) <= 4


def test_one_caller_alone_is_not_kept_waiting_for_others(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:Squares", BATCH_WAIT="5") as server, server.client() as client:
        client.post("/predict", json={"number": 1})
        begun = time.monotonic()
        for _ in range(5):
            assert client.post("/predict", json={"number": 2}).json() == [4, 1]
        assert time.monotonic() - begun < 2


def test_a_lone_one_goes_to_predict_where_there_is_one(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:Beside") as server:
        assert ask(server, [1])[0].json() == "alone 1"
        answers = {answer.json().split()[0] for answer in ask(server, [*range(20)])}
    assert "together" in answers


def test_metrics_tell_the_sizes(tmp_path: Path) -> None:
    with serve(tmp_path, "batches:Squares") as server, server.client() as client:
        ask(server, [*range(20, 40)])
        text = client.get("/metrics").text
    assert 'lading_batch_size_sum{service="handlers"} 20' in text
    assert re.search(
        r'lading_requests_total{service="handlers",operation="predict",status="200"} 20\b', text
    )
