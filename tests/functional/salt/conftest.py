# SPDX-License-Identifier: Apache-2.0
"""Lets the tests of both front ends import the collection's plugins and Salt."""

from __future__ import annotations

import sys
from pathlib import Path

from tests.lab import salt_library

__all__ = ["salt_library"]

sys.path.append(str(Path(__file__).parents[3] / "collections"))
