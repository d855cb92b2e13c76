# SPDX-License-Identifier: Apache-2.0
"""Forms 1-11: one description each, from which export, import and documentation derive. Source: DESIGN 8, DOMAIN 3."""
