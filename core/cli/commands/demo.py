"""``chainrule demo``: train on handwritten digits and draw the network."""

from __future__ import annotations

from typing import Any

import click

from chainrule.cli.output import echo, writable_folder
from chainrule.cli.training_run import numbers, run
from chainrule.model.loss_graph import loss_of

EPOCHS = 40
PICTURES: dict[str, dict[str, Any]] = {
    "forward": {"direction": "forward"},
    "backward": {"direction": "backward"},
    "layers": {"direction": "backward", "level": "layer"},
}
"""Name of a picture → options of `cr.draw`."""


@click.command("demo")
@click.option(
    "--out",
    default="chainrule-demo",
    show_default=True,
    help="Folder for the model and the pictures.",
)
@click.option("--backend", help="Where to run; see chainrule devices.")
@click.option("--seed", default=0, show_default=True, help="Seed of random numbers.")
def command(out: str, backend: str | None, seed: int) -> None:
    """Train on handwritten digits and draw the trained network.

    1,797 images of 8 × 8 pixels come with the package; a fifth is held out.
    """
    import chainrule as cr
    from chainrule.execution import open_backend

    folder = writable_folder(out)
    open_backend(backend)  # fails before anything is written
    train, test = cr.datasets.digits()
    model = cr.Sequential(
        [cr.layers.Dense(128, activation="relu"), cr.layers.Dense(10)],
        input_shape=64,
    )
    model.summary()
    run(
        model,
        folder,
        *train,
        loss="sparse_softmax_cross_entropy",
        optimizer=cr.optimizers.Adam(lr=5e-3),
        schedule=cr.schedules.CosineDecay(EPOCHS),
        epochs=EPOCHS,
        metrics=["accuracy"],
        validation=test,
        backend=backend,
        seed=seed,
    )
    measured = model.evaluate(*test, backend=backend)
    echo(f"on {len(test[0])} images it has never seen: {numbers(measured)}")
    loss = loss_of(model, cr.losses.sparse_softmax_cross_entropy)
    for name, options in PICTURES.items():
        diagram = cr.draw(loss, title=f"digits, {name}", **options)
        for suffix in ("svg", "png"):
            diagram.save(folder / f"{name}.{suffix}")
    echo()
    echo(f"in {folder.resolve()}:")
    for file, what in CONTENT.items():
        echo(f"  {file:18} {what}")


CONTENT = {
    "forward.svg": "what is computed (also as PNG)",
    "backward.svg": "the chain rule, a derivative on every edge (also as PNG)",
    "layers.svg": "the same, layer by layer (also as PNG)",
    "curve.svg": "loss and accuracy, epoch by epoch",
    "history.json": "the same as numbers",
    "model.safetensors": "the model: chainrule predict, chainrule.load",
}
"""Files that the demo writes, and what they show."""
