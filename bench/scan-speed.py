#!/usr/bin/env python3
"""Measures the speed and the memory of the scan in one run beside semgrep, bandit, ruff and ast-grep, and prints ratios.

    bench/scan-speed.py [--django DIR] [--rounds N] [--tree-rounds N] [--cache DIR]

One small file, cold, with all rules (wall and CPU, median of N); Django (files of Python per second of CPU, peak memory); and,
for Wardline, the scan after an edit in one function of a file of 2,000 lines. Runs of the tools are interleaved, so that load on the
machine falls on all alike; the CPU is the robust figure.

semgrep, bandit and ruff come from PyPI into an environment below the cache, ast-grep from npm; Django from PyPI when no
directory is named. What cannot be installed is named as missing. semgrep and ast-grep need rules: five small ones of our own are
written for them, semgrep's with `--metrics=off` and no network; the others use all they have (`ruff --select S`).

Build first: cargo build --release -p wardline && cargo build --release -p wardline-scan --examples.
"""

import argparse
import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
TARGET = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "release"

SMALL = '''import sqlite3
import subprocess

from flask import Flask, request

app = Flask(__name__)


@app.route("/user")
def user():
    name = request.args["name"]
    found = sqlite3.connect("app.db").execute("SELECT * FROM user WHERE name = '" + name + "'")
    subprocess.run(["true"], check=True)
    return {"rows": found.fetchall()}
'''

SEMGREP = {
    "sql": ("$C.execute($A + $B)", None),
    "shell": ("subprocess.run(..., shell=True, ...)", None),
    "eval": ("eval($X)", None),
    "pickle": ("pickle.loads($X)", None),
    "taint": ("$C.execute(...)", "flask.request.args[...]"),
}

AST_GREP = ["$C.execute($A + $B)", "subprocess.run($$$A, shell=True)", "eval($X)", "pickle.loads($X)", "os.system($X)"]


def semgrep_rules(path):
    rules = []
    for name, (pattern, source) in SEMGREP.items():
        rule = {"id": name, "languages": ["python"], "severity": "ERROR", "message": name}
        if source:
            rule |= {"mode": "taint", "pattern-sources": [{"pattern": source}], "pattern-sinks": [{"pattern": pattern}]}
        else:
            rule["pattern"] = pattern
        rules.append(rule)
    path.write_text(json.dumps({"rules": rules}))


def ast_grep_rules(path):
    rules = [
        {"id": f"rule-{number}", "language": "Python", "rule": {"pattern": pattern}}
        for number, pattern in enumerate(AST_GREP)
    ]
    path.write_text("\n---\n".join(json.dumps(rule) for rule in rules))


def install(cache):
    """What can be had of the peers, by name, and why the others cannot."""
    found, missing = {}, {}
    environment = cache / "peers"
    python = environment / "bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", environment], check=True)
    for name in ["semgrep", "bandit", "ruff"]:
        program = environment / "bin" / name
        if not program.exists():
            done = subprocess.run([python, "-m", "pip", "install", "-q", name], capture_output=True, text=True, check=False)
            if done.returncode:
                missing[name] = (done.stderr.strip().splitlines() or ["pip failed"])[-1]
                continue
        found[name] = program
    # Not the launcher in node_modules/.bin when it is a script: node's start is not ast-grep's.
    if not (cache / "npm").exists() and shutil.which("npm"):
        subprocess.run(["npm", "install", "--silent", "--no-fund", "--no-audit", "--prefix", cache / "npm", "@ast-grep/cli"], check=False)
    programs = [path for path in (cache / "npm").glob("node_modules/@ast-grep/cli*/ast-grep") if os.access(path, os.X_OK)]
    programs = [path for path in programs if path.stat().st_size > 1_000_000]
    if programs:
        found["ast-grep"] = programs[0]
    else:
        missing["ast-grep"] = "npm gives no program"
    return found, missing


def django(cache):
    place = cache / "django"
    if not (place / "django").exists():
        command = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", place, "django==5.2.*"]
        subprocess.run(command, check=True)
    return place / "django"


def run(command, cwd):
    """Wall and CPU seconds, the largest resident process in MB, and the exit code."""
    environment = os.environ | {"SEMGREP_SEND_METRICS": "off", "SEMGREP_ENABLE_VERSION_CHECK": "0"}
    start = time.monotonic()
    child = subprocess.Popen(command, cwd=cwd, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - start
    child.returncode = os.waitstatus_to_exitcode(status)
    return wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, child.returncode


def commands(wardline, peers, rules, path):
    """How each is called for a path. Exit code 1 is "something was found" for all of them; ours has 3 besides."""
    made = {"wardline": [wardline, "scan", "--all", path]}
    arguments = {
        "ruff": ["check", "--select", "S", "--no-cache", "--isolated", path],
        "ast-grep": ["scan", "--rule", rules / "ast-grep.yml", path],
        "bandit": ["-q", "-r", path],
        "semgrep": ["scan", "--config", rules / "semgrep.json", "--metrics=off", "--disable-version-check", "--no-git-ignore", path],
    }
    for name, rest in arguments.items():
        if name in peers:
            made[name] = [peers[name], *rest]
    return made


def compare(title, rounds, made, cwd, unit):
    """Interleaved runs; a row for each tool, and how many times more than ours."""
    taken = {name: [] for name in made}
    for _ in range(rounds):
        for name, command in made.items():
            result = run(command, cwd)
            if result[3] not in ((0, 1, 3) if name == "wardline" else (0, 1)):
                sys.exit(f"{name} failed with {result[3]}: {' '.join(map(str, command))}")
            taken[name].append(result)
    middle = {name: [statistics.median(row[column] for row in rows) for column in range(3)] for name, rows in taken.items()}
    print(f"\n{title} (median of {rounds})")
    print(f"{'':<10} {'wall ms':>10} {'CPU ms':>10} {'peak MB':>8} {unit or '':>14}   CPU against ours")
    ours = middle["wardline"][1]
    for name, (wall, cpu, memory) in middle.items():
        rate = f"{made_rate(unit, cpu):>14}"
        print(f"{name:<10} {wall * 1000:>10.1f} {cpu * 1000:>10.1f} {memory:>8.0f} {rate}   {cpu / ours:>8.2f}x")


def made_rate(unit, cpu):
    return f"{int(unit.split()[0]) / cpu:.0f}/s" if unit else ""


def long_file(lines):
    """A module of functions with calls, branches and strings, some of which end in a query."""
    parts = ["import sqlite3\n\nfrom flask import request\n\ndatabase = sqlite3.connect('app.db')\n\n"]
    number = 0
    while sum(part.count("\n") for part in parts) < lines:
        number += 1
        query = '"SELECT * FROM item WHERE name = ?", (name,)' if number % 10 else 'f"SELECT * FROM item WHERE name = \'{name}\'"'
        parts.append(f'''
def step_{number}(values, limit={number}):
    """Goes over the values."""
    name = request.args.get("name", "")
    seen = {{}}
    for index, value in enumerate(values):
        if value in seen:
            continue
        if index > limit and len(seen) > {number % 7}:
            break
        seen[value] = step_{max(1, number - 1)}([value], index) if index else name.strip()
    try:
        rows = database.execute({query}).fetchall()
    except sqlite3.Error as error:
        raise ValueError("no rows: " + str(error)) from error
    return [row[0] for row in rows if row[0] not in seen]

''')
    return "".join(parts)


def long_script(lines):
    """The same in TypeScript."""
    parts = ["import express, {Request, Response} from 'express';\nimport {Client} from 'pg';\n\nconst database = new Client();\nexport const app = express();\n\n"]
    number = 0
    while sum(part.count("\n") for part in parts) < lines:
        number += 1
        query = "'SELECT * FROM item WHERE name = $1', [name]" if number % 10 else "`SELECT * FROM item WHERE name = '${name}'`"
        parts.append(f'''/** Goes over the values. */
export async function step{number}(request: Request, values: string[], limit = {number}): Promise<string[]> {{
  const name = String(request.query.name ?? '');
  const seen: Record<string, string> = {{}};
  for (const [index, value] of values.entries()) {{
    if (value in seen) {{
      continue;
    }}
    if (index > limit && Object.keys(seen).length > {number % 7}) {{
      break;
    }}
    seen[value] = index ? (await step{max(1, number - 1)}(request, [value], index))[0] : name.trim();
  }}
  try {{
    const rows = await database.query({query});
    return rows.rows.filter((row) => !(row.name in seen)).map((row) => row.name);
  }} catch (error) {{
    throw new Error('no rows: ' + String(error));
  }}
}}

''')
    return "".join(parts)


def rescan(wardline, tree, place, rounds):
    made = [place / "long.py", place / "long.ts"]
    made[0].write_text(long_file(2000))
    made[1].write_text(long_script(2000))
    real = [path for path in tree.rglob("*.py") if 1900 <= path.read_text(errors="replace").count("\n") <= 2600]
    print("\nafter an edit in one function of a file, by a scanner that remembers; the share of the steps of flow that had to be done")
    print(f"{'':<40} {'lines':>6} {'p50 ms':>8} {'p99 ms':>8} {'share':>6}   cold process: wall ms, CPU ms, peak MB")
    for path in [*made, *sorted(real)]:
        done = subprocess.run([TARGET / "examples/rescan", path, str(rounds)], capture_output=True, text=True, check=False)
        name = path.name if path in made else str(path.relative_to(tree.parent))
        if done.returncode:
            print(f"{name:<40} {done.stderr.strip()}")
            continue
        times = json.loads(done.stdout)
        wall, cpu, memory = [statistics.median(column) for column in zip(*[run([wardline, "scan", "--all", path], path.parent)[:3] for _ in range(5)])]
        lines = path.read_text().count("\n")
        print(f"{name:<40} {lines:>6} {times['p50']:>8.2f} {times['p99']:>8.2f} {times['share']:>6.2f}   {wall * 1000:.1f}, {cpu * 1000:.1f}, {memory:.0f}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--django", type=pathlib.Path)
    parser.add_argument("--rounds", type=int, default=11, help="runs of each tool over the small file")
    parser.add_argument("--tree-rounds", type=int, default=3, help="runs of each tool over Django")
    cache = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "wardline-bench"
    parser.add_argument("--cache", type=pathlib.Path, default=cache)
    options = parser.parse_args()
    cache = options.cache.resolve()
    cache.mkdir(parents=True, exist_ok=True)
    wardline = TARGET / "wardline"
    if not wardline.exists() or not (TARGET / "examples/rescan").exists():
        sys.exit("build first: cargo build --release -p wardline && cargo build --release -p wardline-scan --examples")
    peers, missing = install(cache)
    for name, why in missing.items():
        print(f"MISSING {name}: {why}")
    for name, program in peers.items():
        version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.split("\n")[0]
        print(f"{name}: {version}")
    tree = (options.django or django(cache)).resolve()
    with tempfile.TemporaryDirectory(prefix="wardline-speed-") as directory:
        place = pathlib.Path(directory)
        semgrep_rules(place / "semgrep.json")
        ast_grep_rules(place / "ast-grep.yml")
        (place / "one").mkdir()
        small = place / "one/one.py"
        small.write_text(SMALL)
        compare("one file of 14 lines, cold", options.rounds, commands(wardline, peers, place, small), small.parent, None)
        files = sum(1 for _ in tree.rglob("*.py"))
        compare(f"Django, {files} files of Python", options.tree_rounds, commands(wardline, peers, place, tree), tree, f"{files} files")
        rescan(wardline, tree, place, 100)
    return 0


if __name__ == "__main__":
    sys.exit(main())
