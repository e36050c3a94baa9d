"""Arrow without pandas, in a process of its own: this one has both."""

import subprocess
import sys

PROGRAM = """
import sys
from core.plain_arrow import load_plain_arrow
load_plain_arrow()
import pyarrow as pa
import pyarrow.dataset
pa.array(["a"], pa.large_string())
assert "pandas" not in sys.modules
print(pa.table({"n": [1]}).to_pandas().n.sum(), "pandas" in sys.modules)
"""


def test_pandas_is_loaded_when_somebody_wants_it_and_not_before() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["1", "True"]
