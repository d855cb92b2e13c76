# SPDX-License-Identifier: Apache-2.0
"""The Salt extension of zhengban: Salt's loaders find ``modules``, ``beacons``, ``runners`` and ``engines`` below it.

``modules`` and ``beacons`` run on minions, also where ``zhengban salt install`` has put them into a file root;
everything else runs on the master, beside the core. Tried with Salt 3008.3 and 3006.28.
"""

# Before a loader puts the folder of our ``zhengban.py`` on the module path: the name means the core.
import zhengban  # noqa: F401
