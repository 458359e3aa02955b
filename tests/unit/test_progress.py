from __future__ import annotations

import threading

import pytest

from lading.progress import Silent, Stoppable, Stopped


class Heard(Silent):
    def __init__(self):
        self.finished = []

    def finish(self, task, note=""):
        self.finished.append((task, note))


def test_who_tells_anything_is_ended_once_it_is_stopped():
    progress, began, ended = Stoppable(Silent()), threading.Event(), threading.Event()

    def work():
        try:
            while True:
                progress.advance("base", 1)
                began.set()
        except Stopped:
            ended.set()

    threading.Thread(target=work).start()
    assert began.wait(10)
    assert not ended.is_set()
    progress.stop()
    assert ended.wait(10)
    with pytest.raises(Stopped):
        progress.start("wheels")


def test_what_is_finished_after_it_was_stopped_is_told_to_nobody():
    heard = Heard()
    progress = Stoppable(heard)
    progress.finish("base", "16.8Mi")
    progress.stop()
    progress.finish("wheels", "12.9Mi")
    assert heard.finished == [("base", "16.8Mi")]
