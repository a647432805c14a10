"""``python -m gluonish``."""

import sys

from gluonish.cli import main

if __name__ == "__main__":
    sys.exit(main())
