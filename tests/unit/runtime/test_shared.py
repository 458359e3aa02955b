"""Bodies in shared memory: written once, read privately, and never left open."""

from __future__ import annotations

import os
import resource
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lading_runtime import shared
from tests.unit.runtime.workers import descriptors


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As a machine without memory: what is written past it fails."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@given(st.lists(st.binary(max_size=5000), max_size=8))
def test_pieces_are_read_as_one_body(pieces: list[bytes]) -> None:
    body = shared.create()
    for piece in pieces:
        body.write(piece)
    assert len(body) == sum(map(len, pieces))
    assert bytes(body.view()) == b"".join(pieces)


def test_a_view_of_numbers_is_written_as_its_bytes() -> None:
    body = shared.create()
    body.write(memoryview(bytes(range(16))).cast("I"))
    assert (len(body), bytes(body.view())) == (16, bytes(range(16)))


def test_each_view_is_writable_and_its_own() -> None:
    body = shared.create()
    body.write(b"abc")
    one, other = body.view(), body.view()
    one[0:1] = b"X"
    assert (bytes(one), bytes(other)) == (b"Xbc", b"abc")


def test_a_view_outlives_the_descriptor() -> None:
    with descriptors.none_left():
        body = shared.create()
        body.write(b"abc")
        view = body.view()
        body.close()
        body.close()
        assert bytes(view) == b"abc"
        del view


def test_what_is_forgotten_is_closed() -> None:
    with descriptors.none_left():
        shared.create().write(b"abc")


def test_a_detached_descriptor_is_somebody_elses() -> None:
    with descriptors.none_left():
        body = shared.create()
        body.write(b"abc")
        descriptor = body.detach()
        del body
        assert os.pread(descriptor, 10, 0) == b"abc"
        os.close(descriptor)


def test_it_is_not_inherited_by_what_the_users_code_starts() -> None:
    assert not os.get_inheritable(shared.create().fd)


def test_where_there_is_no_memory_the_writer_is_told() -> None:
    def write() -> None:
        body = shared.create()
        with files_of_at_most(1_000_000), pytest.raises(OSError, match="too large"):
            body.write(bytes(1_000_001))

    with descriptors.none_left():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
