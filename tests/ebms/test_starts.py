"""The first moments of a process, in which all its threads meet XML for the first time."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
#: Where threads share their names, one in six goes wrong.
STARTS = 60


@pytest.mark.skipif(not hasattr(os, "fork"), reason="each start is a fork")
def test_threads_that_begin_together_read_what_is_there():
    done = subprocess.run(
        [sys.executable, "-m", "tests.ebms.starts", str(STARTS)],
        cwd=ROOT,
        # What is used after it was freed has no likely value.
        env={**os.environ, "MALLOC_PERTURB_": "165"},
        capture_output=True,
        text=True,
    )
    assert (done.stdout, done.returncode) == ("", 0), done.stderr[-2000:]
