# SPDX-License-Identifier: Apache-2.0
"""What people ask for, decide and sign: needs, purchase plans, requests, confirmations."""
