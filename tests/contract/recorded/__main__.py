"""Records every walk again, or those of some vendors: `PYTHONPATH=tests python -m contract.recorded swap`."""

import sys

from contract.recorded.recording import write

from mock_server import vendors

for vendor in sys.argv[1:] or vendors.names():
    write(vendor)
