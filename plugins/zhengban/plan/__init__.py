# SPDX-License-Identifier: Apache-2.0
"""Findings in, ordered actions out; then the whole run's permission to touch hosts. Pure."""

from .arm import Armed, Offer, arm
from .build import plan_computer
from .deployment import Deployment

__all__ = ["Armed", "Deployment", "Offer", "arm", "plan_computer"]
