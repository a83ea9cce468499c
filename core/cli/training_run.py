"""A training run from the command line, saved however it ends."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

from chainrule.cli.output import echo
from chainrule.errors import DivergenceError
from chainrule.files import write_file
from chainrule.interrupts import held
from chainrule.model.model import Model
from chainrule.registry import registry
from chainrule.training import History

MODEL, HISTORY, CURVE = "model.safetensors", "history.json", "curve.svg"
TRACE = "trace.json"


def run(model: Model, folder: Path, x: Any, y: Any, **how: Any) -> History:
    """Train a model; save it, its history and its curve to a folder.

    A training run that diverges, is interrupted or fails saves what it has reached, and
    then raises. A signal that comes while something is saved waits.

    Raises:
        DivergenceError: training diverged; the saved model is that of the last finite
            epoch.
        KeyboardInterrupt: Ctrl-C was pressed, or the program was to end.
    """
    begun = time.perf_counter()
    with held():
        try:
            history = model.fit(x, y, **how)
        except BaseException as error:
            ended = isinstance(error, (KeyboardInterrupt, DivergenceError))
            if ended or steps(model):
                save(model, folder)
                said = f"training was cut short; {folder} holds what was reached"
                echo(said, err=True)
            raise
        seconds = time.perf_counter() - begun
        save(model, folder)
    epochs = f"{history.epochs} epoch{'' if history.epochs == 1 else 's'}"
    echo(f"trained {epochs} on {len(x):,} examples in {seconds:.1f} s")
    return history


def steps(model: Model) -> int:
    """Return the number of steps a model has been trained."""
    state = model.session.state
    return 0 if state is None else state.step


def save(model: Model, folder: Path) -> None:
    """Save model, history and curve, and a trace if the run was profiled."""
    model.save(folder / MODEL)
    history = dict(model.history)
    write_file(folder / HISTORY, json.dumps(history, indent=2) + "\n")
    if any(history.values()):
        curve = registry.find("renderers", "curve").target
        curve(history).save(folder / CURVE)
    if model.history.profile is not None:
        model.history.profile.save_trace(folder / TRACE)


def numbers(measured: dict[str, float]) -> str:
    """Return measures as text: ``accuracy 98.33 %, loss 0.0612``."""
    shown = [
        f"{name.replace('_', ' ')} "
        + (f"{100 * value:.2f} %" if "accuracy" in name else f"{value:.4g}")
        for name, value in sorted(measured.items())
    ]
    return ", ".join(shown)
