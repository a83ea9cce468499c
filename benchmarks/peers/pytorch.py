"""PyTorch, eager, with its fused Adam."""

import torch

from benchmarks.peers import loop


def network(case, device="cpu"):
    """Return the module with the case's weights, the data, and an optimizer."""
    layers = []
    for w, b in case.weights():
        linear = torch.nn.Linear(*w.shape)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(w.T.copy()))
            linear.bias.copy_(torch.from_numpy(b))
        layers += [linear, torch.nn.ReLU()]
    model = torch.nn.Sequential(*layers[:-1]).to(device)
    x, y = (torch.from_numpy(a).to(device) for a in case.data)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, eps=1e-7, fused=True)
    return model, x, y, optimizer


def make(case, wrap=lambda model: model, device="cpu"):
    """Return a `run` of eager steps."""
    model, x, y, optimizer = network(case, device)
    forward = wrap(model)
    loss_of = torch.nn.functional.cross_entropy

    def step(rows):
        optimizer.zero_grad(set_to_none=True)
        loss_of(forward(x[rows]), y[rows]).backward()
        optimizer.step()

    batches = [torch.from_numpy(rows).to(device) for rows in case.batches(64)]
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    return loop(step, batches, wait)
