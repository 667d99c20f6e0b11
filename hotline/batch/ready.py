"""Importing this imports everything that makes an issue: processes are forked from one that has done so.

It reads no data, starts no thread, and does not touch deltalake, which would refuse to work in the children ("Forked
process detected").
"""

import gc

from hotline import bulletin, charts, measures  # noqa: F401  (imported to be there)
from hotline.publishing import issue  # noqa: F401

# What is there now is there to stay: the collector need not look at it again, nor copy its pages into the children.
gc.collect()
gc.freeze()
# Nor is what an issue leaves behind worth looking for often: its process ends with it. (A seventh of its time.)
gc.set_threshold(50_000, 20, 100)
