"""Doing a whole transaction once more, where the database or somebody quicker was in its way."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from crmkit.core.errors import Conflict, Interrupted

T = TypeVar("T")
_CONFLICTS, _INTERRUPTIONS = 4, 6
"""How often it is tried at most: after 6 interruptions some 3 s have gone by."""
_PAUSE = 0.05


def again(whole: Callable[[], T]) -> T:
    """Do a whole transaction; once more where it was interrupted, or late by a hair.

    A Conflict over a record that the user has read is his to settle, and is raised at once.
    """
    late = interrupted = 0
    while True:
        try:
            return whole()
        except Conflict as conflict:
            late += 1
            if conflict.record is not None or late == _CONFLICTS:
                raise
        except Interrupted:
            interrupted += 1
            if interrupted == _INTERRUPTIONS:
                raise
            time.sleep(_PAUSE * 2**interrupted * random.uniform(0.5, 1))
