"""How a process that computes at night treats its memory."""

import ctypes
import gc
import os

KEPT = 2**30  # bytes that a process keeps for its next arrays rather than give back
MAPPED_FROM = 2**26  # bytes from which an array is mapped for itself; below, it comes from what is kept
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3  # of mallopt(3), GNU C library


def set_apart() -> None:
    """What is loaded by now stays for good: collections in the processes that are forked need not look at it again, and its
    pages stay shared. And the memory of large arrays is kept for the next ones: the system clears every page that it hands
    out, which takes longer than most of what is done with five million lines (docs/performance.md). Another C library, or
    MALLOC_TRIM_THRESHOLD_ in the environment, leaves it as it is."""
    gc.collect()
    gc.freeze()
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None and "MALLOC_TRIM_THRESHOLD_" not in os.environ:
        mallopt(_MMAP_THRESHOLD, MAPPED_FROM)
        mallopt(_TRIM_THRESHOLD, KEPT)
