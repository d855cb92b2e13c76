# SPDX-License-Identifier: Apache-2.0
"""The ledger: the only writer of ``ledger/``. Source: DESIGN 6, DOMAIN L1-L4."""

from .ids import intent_id, new_run_id, record_id
from .ledger import Ledger

__all__ = ["Ledger", "intent_id", "new_run_id", "record_id"]
