# SPDX-License-Identifier: Apache-2.0
"""Which programs of a product may run where the guard of Windows says so. Source: DESIGN 10; Microsoft, AppLocker."""

from __future__ import annotations

import msgspec


class Programs(msgspec.Struct, frozen=True, kw_only=True):
    """Some programs of a product, told by exactly one of ``signed_by``, ``path`` and ``sha256``.

    ``signed_by`` is the signer's subject as Windows names it (``O=…, L=…, S=…, C=…``); of what it signed only the
    ``product`` and the ``file`` named in the program itself, from version ``lowest`` to ``highest``, both included and
    of four numbers; empty is any. ``path`` is a pattern of full paths. ``sha256`` is the digest that
    ``Get-AppLockerFileInformation`` shows, which leaves signatures out, and ``file`` then says of what.
    """

    signed_by: str = ""
    product: str = ""
    file: str = ""
    lowest: str = ""
    highest: str = ""
    path: str = ""
    sha256: str = ""
