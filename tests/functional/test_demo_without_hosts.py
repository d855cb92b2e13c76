# SPDX-License-Identifier: Apache-2.0
"""Where no throw-away host can run, the demo says so and judges the stored facts of the example."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lab import LabUnavailable, demo


def test_the_demo_says_so_and_goes_on(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    def no_lab() -> None:
        raise LabUnavailable("podman: not installed; chroot: not root")

    monkeypatch.setattr(demo, "Lab", no_lab)
    monkeypatch.setattr(demo, "DEMO", tmp_path / "demo")
    assert demo.main() == 0
    output = capfd.readouterr().out
    assert "No throw-away host can run here (podman: not installed; chroot: not root)." in output
    assert "PC-0001" in output
    assert "dpkg:xunlei-thunder:all" in output
    assert "not simulated" in output
