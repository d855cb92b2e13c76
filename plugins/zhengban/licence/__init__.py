# SPDX-License-Identifier: Apache-2.0
"""Lots and seats: which software number an install is recorded under. Pure."""
