"""Write tests/data/mxnet/rnn.json with Apache MXNet itself: ``python make_golden_rnn.py FILE``.

It runs the programs of ``tests/rnn/programs.py`` in an environment of its own, with ``mxnet==1.9.1`` and
``numpy<1.24``, and needs nothing of gluonish but that file.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import mxnet as mx  # type: ignore[import-not-found]

sys.path.insert(0, str(Path(__file__).parent.parent / "tests" / "rnn"))

from programs import PROGRAMS, run  # type: ignore[import-not-found]

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    found = {name: run(name, mx) for name in PROGRAMS}
    lines = [f"{json.dumps(name)}: {json.dumps(found[name])}" for name in sorted(found)]
    Path(sys.argv[1]).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
