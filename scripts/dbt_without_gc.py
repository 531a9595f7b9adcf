"""dbt's command line without Python's garbage collector.

dbt holds the whole project in memory until its command ends, and the collector looks through all of
it again and again for what has become garbage, a twentieth of a short run.
"""

from __future__ import annotations

import gc
import sys

from dbt.cli.main import cli

if __name__ == "__main__":
    gc.disable()
    sys.argv[0] = "dbt"
    sys.exit(cli())
