# SPDX-License-Identifier: Apache-2.0
"""What comes in as files: facts, lists of people and computers, forms that were kept before; and what was bought."""
