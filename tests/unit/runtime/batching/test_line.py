"""The bounded line, beside a plain list that does the same slowly."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from lading_runtime.batching.line import FullError, Line

MOST = 5


@dataclass
class Caller:
    number: int
    done: bool = False


class Lines(RuleBasedStateMachine):
    """Callers come, leave, are taken, and are put back, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.line: Line[Caller] = Line(MOST)
        self.expected: list[Caller] = []
        self.taken: list[Caller] = []
        self.made = 0

    @rule(beyond=st.integers(0, 2))
    def come(self, beyond: int) -> None:
        caller = Caller(self.made)
        if len(self.expected) >= MOST + beyond:
            with pytest.raises(FullError):
                self.line.put(caller, beyond)
        else:
            self.line.put(caller, beyond)
            self.expected.append(caller)
            self.made += 1

    @precondition(lambda self: self.expected)
    @rule(data=st.data())
    def leave(self, data: st.DataObject) -> None:
        caller = self.expected.pop(data.draw(st.integers(0, len(self.expected) - 1)))
        caller.done = True
        self.line.left()

    @rule(most=st.integers(0, 4))
    def take(self, most: int) -> None:
        self.taken = self.line.take(most)
        assert self.taken == self.expected[:most]
        del self.expected[:most]

    @precondition(lambda self: self.taken)
    @rule()
    def put_back(self) -> None:
        self.line.put_back(self.taken)
        self.expected[:0] = self.taken
        self.taken = []

    @invariant()
    def is_as_long_as_those_who_still_wait(self) -> None:
        assert len(self.line) == len(self.expected)

    def teardown(self) -> None:
        assert self.line.take(1000) == self.expected
        assert len(self.line) == 0


Lines.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestLines = Lines.TestCase


def test_first_in_first_out() -> None:
    line: Line[Caller] = Line(3)
    for number in range(3):
        line.put(Caller(number))
    assert [one.number for one in line.take(2)] == [0, 1]
    assert [one.number for one in line.take(2)] == [2]
    assert line.take(2) == []


def test_one_that_leaves_frees_its_place_at_once() -> None:
    line: Line[Caller] = Line(2)
    first, second = Caller(1), Caller(2)
    line.put(first)
    line.put(second)
    with pytest.raises(FullError):
        line.put(Caller(3))
    first.done = True
    line.left()
    line.put(Caller(3))
    assert [one.number for one in line.take(9)] == [2, 3]


def test_thousands_who_leave_are_not_kept_in_memory() -> None:
    line: Line[Caller] = Line(10_000)
    for number in range(10_000):
        caller = Caller(number)
        line.put(caller)
        caller.done = True
        line.left()
    assert len(line) == 0
    assert len(line._items) < 10
