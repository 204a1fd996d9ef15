"""The benchmarks run one after the other, each on servers of its own; one that fails does not cost the others."""

import json
import os
import subprocess
import sys

import pytest

from config.keys import BASE

pytestmark = [pytest.mark.servers, pytest.mark.timeout(180)]


def test_each_is_measured_beside_its_reference_and_kept(tmp_path):
    kept = tmp_path / "latest.json"
    env = {**os.environ, "HEED_BENCH_RESULTS": str(kept), "HEED_BENCH_BULK": "600"}
    for name in ("DATABASE_URL", "REDIS_URL", "HEED_HOME"):
        env.pop(name, None)

    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "bulk_dnd", "bulk_dnd"],
        cwd=BASE,
        env=env,
        capture_output=True,
        text=True,
    )

    (row,) = json.loads(kept.read_text())
    assert set(row) == {"name", "value", "unit", "reference", "reference_value", "ratio", "floor"}
    assert (row["name"], row["floor"]) == ("bulk_dnd", 0.3)
    assert min(row["value"], row["reference_value"], row["ratio"]) > 0
    assert ran.stdout.count("measuring bulk_dnd") == 2
    # So few contacts say nothing of how fast it is: below the floor is no failure here.
    assert "Traceback" not in ran.stderr


def test_a_name_that_is_none_is_refused_in_a_sentence():
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "speed"], cwd=BASE, capture_output=True, text=True
    )

    assert ran.returncode == 2
    assert ran.stderr.startswith("Unknown benchmark 'speed': choose from engine, delivery,")
