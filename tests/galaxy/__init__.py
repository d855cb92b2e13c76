# SPDX-License-Identifier: Apache-2.0
"""What Galaxy and its reviewers look at: sanity, units, the artefacts. Each has a target of its own."""
