"""Let `python -m geo` run the command line."""

import sys

from geo.commands.main import main

sys.exit(main())
