# SPDX-License-Identifier: Apache-2.0
"""What goes out: the forms, the derived views, and what the ledger says to whoever asks."""
