# SPDX-License-Identifier: Apache-2.0
"""Files that people write: YAML as text with positions, JSON Schemas, and errors that say where and what was meant."""
