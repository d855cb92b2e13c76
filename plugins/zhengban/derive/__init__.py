# SPDX-License-Identifier: Apache-2.0
"""Forms 7 and 8 worked out from policy, register and what is on record. Source: DOMAIN L1, L5-L7."""
