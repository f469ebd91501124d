"""The queue by itself: first come first served, never more at work than may be, no place lost."""

import random
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

import pytest

from escore import CancelledError
from escore_service import queue as queue_module
from escore_service.errors import RefusedError
from escore_service.queue import ScoringQueue


def here() -> bool:
    return False


def left() -> bool:
    return True


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.001)


def test_those_who_wait_are_served_in_their_order() -> None:
    queue, numbers = ScoringQueue(1, 5), list[int]()

    def work(number: int) -> None:
        with queue.slot(False, here):
            numbers.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with queue.slot(False, here):
        for number, thread in enumerate(threads):
            thread.start()
            wait_until(lambda number=number: queue.waiting == number + 1)  # type: ignore[misc]
        assert numbers == []
    for thread in threads:
        thread.join()
    assert numbers == list(range(5))
    assert (queue.in_flight, queue.waiting) == (0, 0)


def test_too_many_are_sent_away_at_once_and_long_ones_do_not_hold_short_ones() -> None:
    queue = ScoringQueue(2, 0)
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(queue.slot(True, here))
        with pytest.raises(RefusedError) as refused, queue.slot(True, here):
            pass
        assert (refused.value.status, refused.value.headers) == (503, {"Retry-After": "1"})
        with queue.slot(False, here):
            assert queue.in_flight == 3
    with queue.slot(True, here):
        assert queue.in_flight == 1


def test_long_ones_that_wait_leave_room_for_short_ones() -> None:
    queue = ScoringQueue(1, 1)
    done = threading.Event()

    def work(long: bool) -> None:
        with queue.slot(long, here):
            done.wait(20)

    threads = [threading.Thread(target=work, args=(long,)) for long in (True, True, False, False)]
    for thread in threads:
        thread.start()
    wait_until(lambda: (queue.in_flight, queue.waiting) == (2, 2))
    for long in (True, False):
        with pytest.raises(RefusedError), queue.slot(long, here):
            pass
    done.set()
    for thread in threads:
        thread.join()
    assert (queue.in_flight, queue.waiting) == (0, 0)


def test_who_leaves_gives_its_place_back() -> None:
    queue = ScoringQueue(1, 1)
    with queue.slot(False, here):
        with pytest.raises(CancelledError), queue.slot(False, left):
            pass
        assert (queue.in_flight, queue.waiting) == (1, 0)
    assert queue.in_flight == 0


def test_an_error_inside_gives_the_slot_back() -> None:
    queue = ScoringQueue(1, 0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError), queue.slot(False, here):
            raise ZeroDivisionError
    assert queue.in_flight == 0


def test_no_slot_is_lost_when_many_come_and_some_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those who leave do so about when their slot comes, which is where it could be lost or given twice."""
    monkeypatch.setattr(queue_module, "POLL_SECONDS", 0.005)
    queue, inside, most = ScoringQueue(2, 12), list[int](), list[int]()
    outcomes = dict.fromkeys(("served", "left", "refused"), 0)
    lock = threading.Lock()

    def come(number: int) -> None:
        chance = random.Random(number)
        for _ in range(40):
            gone = left if chance.random() < 0.5 else here
            try:
                with queue.slot(False, gone):
                    inside.append(number)
                    most.append(len(inside))
                    time.sleep(0.001)
                    inside.remove(number)
                outcome = "served"
            except CancelledError:
                outcome = "left"
            except RefusedError:
                outcome = "refused"
                time.sleep(0.01)
            with lock:
                outcomes[outcome] += 1

    threads = [threading.Thread(target=come, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert max(most) == 2
    assert all(outcomes.values())
    assert (queue.in_flight, queue.waiting) == (0, 0)
