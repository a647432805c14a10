"""Write the files of PyTorch that tests read: ``python tools/torch_files.py``. It needs PyTorch."""

from __future__ import annotations

from pathlib import Path

import torch

FOLDER = Path(__file__).resolve().parent.parent / "tests" / "data" / "torch"


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(0)
    net = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.BatchNorm1d(2))
    with torch.no_grad():
        net[0].weight.copy_(torch.arange(6.0).reshape(2, 3))
        net[0].bias.copy_(torch.tensor([0.5, -0.5]))
    torch.save(net.state_dict(), FOLDER / "net.pt")
    base = torch.arange(12.0).reshape(3, 4)
    content = {
        "transposed": base.t(),
        "slice": base[1:, ::2],
        "scalar": torch.tensor(7),
        "empty": torch.zeros(0, 3),
        "half": torch.tensor([1.5], dtype=torch.float16),
        "bfloat16": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
        "bool": torch.tensor([True, False]),
        "uint8": torch.tensor([255], dtype=torch.uint8),
        "parameter": torch.nn.Parameter(torch.ones(2)),
        "nested": [1, 2.5, "text", (torch.ones(1),), {"dtype": torch.float32, "device": torch.device("cpu")}],
    }
    torch.save(content, FOLDER / "kinds.pt")
    optimizer = torch.optim.SGD([content["parameter"]], lr=0.5, momentum=0.9)
    content["parameter"].sum().backward()
    optimizer.step()
    torch.save(optimizer.state_dict(), FOLDER / "sgd.pt")


if __name__ == "__main__":
    main()
