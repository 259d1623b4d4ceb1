import threading
import time

import pytest

from geo.ui.heavy import Queue


def wait_until(said):
    end = time.monotonic() + 20
    while not said():
        assert time.monotonic() < end
        time.sleep(0.01)


def test_documents_are_made_one_after_the_other_and_each_is_told_its_place():
    queue, order, inside = Queue(), [], []
    places = {number: [] for number in range(4)}
    go = threading.Event()

    def make(number):
        with queue.turn(places[number].append):
            inside.append(number)
            assert len(inside) == 1
            go.wait(20)
            order.append(number)
            inside.remove(number)

    threads = []
    for number in range(4):
        thread = threading.Thread(target=make, args=(number,))
        thread.start()
        threads.append(thread)
        wait_until(lambda number=number: places[number] if number else inside)
    go.set()
    for thread in threads:
        thread.join()
    assert order == [0, 1, 2, 3]
    assert places[0] == []
    assert [places[number][0] for number in (1, 2, 3)] == [1, 2, 3]


def test_whoever_leaves_lets_the_next_move_up():
    queue = Queue()
    left, made, never_told = threading.Event(), [], []

    def leave(before):
        left.set()
        raise KeyboardInterrupt

    def impatient():
        with pytest.raises(KeyboardInterrupt), queue.turn(leave):
            made.append("impatient")

    def fails():
        raise ValueError

    with queue.turn(never_told.append):
        thread = threading.Thread(target=impatient)
        thread.start()
        thread.join()
        assert left.is_set()
    with pytest.raises(ValueError), queue.turn(never_told.append):  # noqa: PT011, PT012
        made.append("failing")
        fails()
    with queue.turn(never_told.append):
        made.append("next")
    assert made == ["failing", "next"]
    assert never_told == []
