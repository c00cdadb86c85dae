"""Scripts of ``deploy/`` can be run as the documents write it: by their file, whatever else lies beside them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = sorted({script.parent for script in (ROOT / "deploy").rglob("*.py")})


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: str(folder.relative_to(ROOT)))
def test_no_script_hides_a_package_from_those_beside_it(folder: Path) -> None:
    """Python looks for modules beside the script first: one called ``streams.py`` would be taken for our package of that name."""
    taken = {"streams", "models", "tracker", "tests", "deploy"} | set(sys.stdlib_module_names)
    assert not {script.stem for script in folder.glob("*.py")} & taken


@pytest.mark.parametrize("script", ["load_papers.py", "linking.py"])
def test_a_script_that_is_told_nothing_says_how_to_call_it(script: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "deploy" / "bench" / script], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2, done.stderr
    assert "usage:" in done.stderr and "Traceback" not in done.stderr
