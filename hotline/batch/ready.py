"""Importing this imports everything that makes an issue: processes are forked from one that has done so.

It reads no data, starts no thread, and does not touch deltalake, which would refuse to work in the children ("Forked
process detected").
"""

# ruff: noqa: F401  (imported to be there)

import gc

# What these libraries and we leave until it is needed, and every issue needs.
import deltalake.fs
import filelock
import pandas.core.methods.to_dict
import pandas.io.formats.html
import pyarrow.acero

from hotline import bulletin, charts, measures
from hotline.publishing import issue

# What is imported by now lives as long as the process. Frozen, it is not scanned by the collector, which would also copy
# its pages into each child.
gc.collect()
gc.freeze()
# The garbage of an issue goes with its process: looking for it less often saves a seventh of the time.
gc.set_threshold(50_000, 20, 100)
