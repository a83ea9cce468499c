"""The notebooks of the lecture run in Jupyter's kernel."""

from __future__ import annotations

import pytest

from chainrule.lecture.example import Example
from chainrule.lecture.notebook import notebook
from chainrule.lecture.topic import NAMES, read_topic

nbformat = pytest.importorskip("nbformat")
nbclient = pytest.importorskip("nbclient")
pytest.importorskip("ipykernel")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.filterwarnings("ignore")  # those of Jupyter's own libraries
def test_a_notebook_runs(name: str) -> None:
    text = notebook(read_topic(name), Example().code)
    cells = nbformat.reads(text, as_version=4)
    nbclient.NotebookClient(cells, timeout=300, kernel_name="python3").execute()
    shown = [
        output
        for cell in cells.cells
        if cell.cell_type == "code"
        for output in cell.outputs
    ]
    assert any("image/svg+xml" in output.get("data", {}) for output in shown)
