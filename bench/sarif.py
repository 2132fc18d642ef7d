#!/usr/bin/env python3
"""Checks what `wardline scan --sarif` writes against the schema of SARIF 2.1.0, and `--compare` against bandit.

usage: sarif.py [PATH of wardline] [DIRECTORY to scan …]

The schema is taken from the package of its authors (npm: @microsoft/sarif-multitool-linux, MIT), the validator (jsonschema) and bandit from
PyPI; all of it goes into a directory of its own. What cannot be installed is said, and the exit code is 3.
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import venv

SCHEMA = "@microsoft/sarif-multitool-linux@5.7.0"
LIMIT = 10 * 1000 * 1000


def install(place):
    """The schema, and a Python with the validator and bandit."""
    venv.create(place / "venv", with_pip=True)
    python = place / "venv/bin/python"
    subprocess.run([python, "-m", "pip", "install", "-q", "jsonschema", "bandit[sarif]"], check=True)
    subprocess.run(["npm", "pack", "--silent", SCHEMA], cwd=place, check=True, stdout=subprocess.DEVNULL)
    archive = next(place.glob("*.tgz"))
    with tarfile.open(archive) as files:
        text = files.extractfile("package/sarif-2.1.0.json").read()
    (place / "schema.json").write_bytes(text)
    return python


VALIDATE = """
import json, sys
from jsonschema.validators import validator_for
schema = json.load(open(sys.argv[1]))
found = list(validator_for(schema)(schema).iter_errors(json.load(open(sys.argv[2]))))
for problem in found[:10]:
    print("  ", list(problem.path), problem.message[:200])
sys.exit(bool(found))
"""


def main():
    wardline = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "target/debug/wardline").resolve()
    here = pathlib.Path(__file__).resolve().parent.parent
    trees = [pathlib.Path(tree) for tree in sys.argv[2:]] or [here / "crates/wardline-scan/tests"]
    with tempfile.TemporaryDirectory(prefix="wardline-sarif-") as directory:
        place = pathlib.Path(directory)
        try:
            python = install(place)
        except (OSError, subprocess.CalledProcessError) as error:
            print(f"SKIPPED: the schema or the validator cannot be installed ({error})")
            return 3
        bad = 0
        for tree in trees:
            out = place / "out.sarif"
            done = subprocess.run([wardline, "scan", "--all", "--sarif", out, tree.resolve()], stdout=subprocess.DEVNULL)
            valid = subprocess.run([python, "-c", VALIDATE, place / "schema.json", out]).returncode == 0
            packed = len(gzip.compress(out.read_bytes()))
            results = len(json.loads(out.read_text())["runs"][0]["results"])
            bad += not valid or packed > LIMIT
            print(f"{tree}: {results} results, {'valid' if valid else 'NOT VALID'}, {packed} bytes packed, exit {done.returncode}")
        fixture = here / "crates/wardline-scan/tests/sarif/shop.py"
        theirs = place / "bandit.sarif"
        subprocess.run([python, "-m", "bandit", "-q", "-f", "sarif", "-o", theirs, fixture], stderr=subprocess.DEVNULL)
        print(subprocess.run([wardline, "scan", "--all", "--compare", theirs, fixture], capture_output=True, text=True).stdout)
        return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
