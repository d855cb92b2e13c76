# SPDX-License-Identifier: Apache-2.0
"""Disposal (报废) of purchased software. Source: DOMAIN C6."""

from __future__ import annotations

import datetime as dt
from typing import Literal

import msgspec

Ground = Literal["worn_out", "obsolete", "unmigratable"]


class Disposal(msgspec.Struct, frozen=True, kw_only=True):
    """How a lot was disposed of: one of three grounds, the appraiser's id and the asset-disposal approval (C6).

    ``worn_out``: minimum service life reached and unusable; ``obsolete``: not reached, and overtaken by technical
    progress; ``unmigratable``: not reached, and its hardware is scrapped and it cannot be migrated.
    """

    on: dt.date
    ground: Ground
    appraised_by: str
    approval: str
