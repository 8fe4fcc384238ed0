"""`python -m s2s_keras` is the command line."""

import sys

from s2s_keras.cli import main

sys.exit(main())
