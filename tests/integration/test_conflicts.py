"""Transactions that wait for each other: the database undoes one of them, and it is done again at once."""

import threading

import pytest
from sqlalchemy import text

from core.db.database import Database, TransactionConflict, again_after_conflict


def test_what_a_deadlock_undid_is_done_again(database: Database) -> None:
    both_hold = threading.Barrier(2, timeout=20)
    tries: dict[str, int] = {"first": 0, "second": 0}

    def both(name: str, mine: int, theirs: int) -> str:
        def work() -> str:
            tries[name] += 1
            with database.installation() as session:
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": mine})
                if tries[name] == 1:
                    both_hold.wait()
                session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": theirs})
            return name

        return again_after_conflict(work)

    done: list[str] = []
    threads = [
        threading.Thread(target=lambda: done.append(both("first", 4711, 4712))),
        threading.Thread(target=lambda: done.append(both("second", 4712, 4711))),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == ["first", "second"]
    assert sorted(tries.values()) == [1, 2], "one of them was undone, and nobody had to hear of it"


def test_who_is_always_in_the_way_is_told() -> None:
    def work() -> None:
        raise TransactionConflict

    with pytest.raises(TransactionConflict):
        again_after_conflict(work)
