#!/usr/bin/env python3
"""shorten.py FILE WHOLE: of all packets behind the first WHOLE keeps the headers alone. A transfer is as large as it was, its capture is not."""
import sys

from compose import cut
from packets import read_cut, write

write(sys.argv[1], list(cut(read_cut(sys.argv[1]), int(sys.argv[2]))))
