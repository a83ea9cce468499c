"""One training step as a page with a slider, and as numbered frames for slides."""

import sys
from pathlib import Path

import chainrule as cr


def main(out: Path) -> None:
    x, t = cr.input("x"), cr.input("t")
    w1, w2 = cr.parameter("w_1", 0.5), cr.parameter("w_2", 1.1)
    z = (w1 * x).named("z_1")
    y = (cr.ops.sigmoid(z) * w2).named("y_hat")
    loss = cr.ops.square(t - y).named("J")
    values = {x: 2.0, t: 1.0}
    diagram = cr.draw(
        loss, level="layer", direction="both", values=values, title="One training step"
    )
    diagram.save(out / "step_by_step.html")
    frames = diagram.save_frames(out / "frames")
    (out / "step_by_step.svg").write_bytes(frames[11].read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "gallery"))
