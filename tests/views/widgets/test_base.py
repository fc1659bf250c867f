"""What is clicked while another click is being worked off waits for its turn."""

from __future__ import annotations

from threading import Event, Thread

from kit.views.widgets.base import guarded


def test_two_clicks_in_two_threads_are_done_one_after_the_other() -> None:
    """JupyterLab has the kernel hear them in two subshells, and each would change the model."""
    done: list[str] = []
    begun, go_on = Event(), Event()

    def slow() -> None:
        done.append("slow begins")
        begun.set()
        go_on.wait(10)
        done.append("slow ends")

    first = Thread(target=guarded(slow, done.append), args=(None,))
    second = Thread(target=guarded(lambda: done.append("quick"), done.append), args=(None,))
    first.start()
    begun.wait(10)
    second.start()
    second.join(0.2)
    go_on.set()
    first.join()
    second.join()

    assert done == ["slow begins", "slow ends", "quick"]


def test_a_click_may_cause_another_in_its_own_thread() -> None:
    done: list[str] = []
    inner = guarded(lambda: done.append("inner"), done.append)
    guarded(lambda: inner(None), done.append)(None)

    assert done == ["inner"]
