# SPDX-License-Identifier: Apache-2.0
"""Tests, and the lab of throw-away hosts they share with the demo."""
