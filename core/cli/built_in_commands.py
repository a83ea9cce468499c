"""The built-in commands, known without importing one of them."""

from __future__ import annotations

COMMANDS = {
    "demo": "Train on handwritten digits and draw the trained network.",
    "lecture": "Run an introduction to deep learning, and write it as pages.",
    "train": "Train what a configuration file describes.",
    "predict": "Predict with a saved model.",
    "draw": "Draw a graph, forward and backward.",
    "explain": "Explain why a gradient has the value it has.",
    "plugins": "List components and plugins, and where they come from.",
    "plugin": "Create a plugin, or check one.",
    "devices": "List the devices that programs can run on.",
    "doctor": "Report what works here, and how to mend what does not.",
}
"""Built-in commands and their help; each is in the module of its name."""
