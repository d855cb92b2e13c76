# SPDX-License-Identifier: Apache-2.0
"""Who decided what about a request (form 10), and which changes are signed for (form 11). Source: DOMAIN I1-I3."""
