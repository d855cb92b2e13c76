# SPDX-License-Identifier: Apache-2.0
"""Policy and facts in, findings out: pure, the clock and the disk are never read here."""

from .judge import answers_for, judge

__all__ = ["answers_for", "judge"]
