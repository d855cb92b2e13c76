# SPDX-License-Identifier: Apache-2.0
"""Salt as a library in the process of the tests: to be imported before anything of Salt's."""

from __future__ import annotations

import sys
import warnings

# Salt puts an importer of the old kind there, about which every later import would warn, and warnings are errors here.
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import salt.client
sys.meta_path[:] = [finder for finder in sys.meta_path if hasattr(finder, "find_spec")]
# What its handler keeps for a log file that is never opened, it would print after the tests.
salt._logging.shutdown_temp_handler()
