# SPDX-License-Identifier: Apache-2.0
"""The policy owner's desk: what the lists mean today and what an edit of them would do. Reads, decides nothing."""
