# SPDX-License-Identifier: Apache-2.0
"""Policy and facts in, findings out: pure, the clock and the disk are never read here."""

from .computer import answers_for
from .judge import judge

__all__ = ["answers_for", "judge"]
