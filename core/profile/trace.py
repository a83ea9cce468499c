"""Traces: every run of a task, in the format of Chrome's tracing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeAlias

from chainrule.files import write_file
from chainrule.profile.work import Task

Event: TypeAlias = tuple[Task, int, int]
"""One run of a task: from when to when, in nanoseconds."""


def save_trace(path: str | Path, device: str, events: Sequence[Event]) -> Path:
    """Write events as a Chrome trace.

    Raises:
        OutputError: the file cannot be written.
    """
    start = min((begin for _, begin, _ in events), default=0)
    parts = list(dict.fromkeys(task.work.part for task, _, _ in events))
    named = [("process_name", 0, device)]
    named += [("thread_name", tid, part) for tid, part in enumerate(parts)]
    entries: list[dict[str, object]] = [
        {"name": what, "ph": "M", "pid": 0, "tid": tid, "args": {"name": name}}
        for what, tid, name in named
    ]
    entries += [
        {
            "name": task.name, "cat": task.work.part, "ph": "X",
            "pid": 0, "tid": parts.index(task.work.part),
            "ts": (begin - start) / 1000, "dur": (end - begin) / 1000,
            "args": {"bytes": task.nbytes, "flops": task.flops},
        }
        for task, begin, end in events
    ]  # fmt: skip
    trace = {"traceEvents": entries, "displayTimeUnit": "ns"}
    return write_file(path, json.dumps(trace))
