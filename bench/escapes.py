#!/usr/bin/env python3
"""Runs Wardline's attack suite behind Wardline and behind named peers, and prints one table.

    bench/escapes.py                 every contender, the whole suite (some minutes; the srt ones are the slow ones)
    bench/escapes.py --door ssh      only the doors whose name contains a text
    bench/escapes.py --only bwrap    only one contender besides Wardline
    bench/escapes.py --json FILE     the figures and every open door as JSON

The probes, their bait and their judge are the same for all: `wardline doctor --attack`, and for the peers its hidden
`--behind CMD`. It always runs as an ordinary user: as uid 65534 when root starts it, because behind a wrapper that
leaves a door open the suite would change root's machine.

Build first: cargo build --release (or name a binary by WARDLINE_BIN). Peers: bwrap (apt-get install bubblewrap); codex
(npm @openai/codex) and srt (npm @anthropic-ai/sandbox-runtime, which needs socat and ripgrep) are installed into a cache
directory (WARDLINE_BENCH_CACHE, else /var/tmp/wardline-bench-cache) when they are not there. A peer that cannot be had
is named as missing.
"""

import argparse
import json
import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
TARGET = os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target"))
WARDLINE = os.environ.get("WARDLINE_BIN", os.path.join(TARGET, "release", "wardline"))
CACHE = os.environ.get("WARDLINE_BENCH_CACHE", "/var/tmp/wardline-bench-cache")
USER = 65534
CLASSES = "secrets writes guard traps network survivors processes ipc terminal environment kernel".split()
BWRAP = "bwrap --unshare-all --ro-bind / / --dev /dev --proc /proc --bind {project} {project} --tmpfs /tmp --chdir {project}"
# What srt's manual calls a basic and a strict configuration.
SRT = {"network": {"allowedDomains": [], "deniedDomains": []},
       "filesystem": {"denyRead": [], "allowWrite": ["."], "denyWrite": []}}
SRT_STRICT = {"network": SRT["network"],
              "filesystem": {"denyRead": ["~", "**/.env"],
                             "allowWrite": ["."], "denyWrite": []}}


def quietly(argv, **more):
    return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False, **more)


def npm(package, program):
    """The program of an npm package in the cache, installed when it is not there; None when it cannot be."""
    folder = os.path.join(CACHE, program)
    path = os.path.join(folder, "node_modules", ".bin", program)
    if not os.path.exists(path) and shutil.which("npm"):
        os.makedirs(folder, exist_ok=True)
        quietly(["npm", "install", "--no-audit", "--no-fund", "--prefix", folder, package])
    return path if os.path.exists(path) else None


def tools():
    """A directory with socat and rg: the system's when it has them, else unpacked from its own package archive."""
    folder = os.path.join(CACHE, "tools")
    programs = os.path.join(folder, "bin")
    missing = [(name, package) for name, package in (("socat", "socat"), ("rg", "ripgrep")) if not shutil.which(name)]
    for name, package in missing:
        wrapper = os.path.join(programs, name)
        if os.path.exists(wrapper):
            continue
        if not shutil.which("apt-get"):
            return None, name
        os.makedirs(programs, exist_ok=True)
        with tempfile.TemporaryDirectory() as archive:
            wanted = [package] + (["libwrap0"] if package == "socat" else [])
            quietly(["apt-get", "download", *wanted], cwd=archive)
            for file in os.listdir(archive):
                quietly(["dpkg", "-x", os.path.join(archive, file), folder])
        if not os.path.exists(os.path.join(folder, "usr", "bin", name)):
            return None, name
        with open(wrapper, "w", encoding="utf-8") as script:
            script.write(f'#!/bin/sh\nexport LD_LIBRARY_PATH="{folder}/usr/lib/x86_64-linux-gnu"\nexec "{folder}/usr/bin/{name}" "$@"\n')
        os.chmod(wrapper, 0o755)
    return programs, None


def contenders(place):
    """(name, wrapper or None for Wardline itself, further PATH) of those that are here, and (name, why) of the others."""
    here, missing = [("wardline", None, ""), ("bare", "", "")], []
    if shutil.which("bwrap"):
        here.append(("bwrap", BWRAP, ""))
    else:
        missing.append(("bwrap", "apt-get install bubblewrap"))
    codex = npm("@openai/codex", "codex")
    if codex:
        here.append(("codex", f"{codex} sandbox -c sandbox_mode=workspace-write", ""))
    else:
        missing.append(("codex", "npm install @openai/codex"))
    programs, lacking = tools()
    srt = npm("@anthropic-ai/sandbox-runtime", "srt")
    if srt and not lacking and shutil.which("bwrap"):
        for name, settings in (("srt", SRT), ("srt strict", SRT_STRICT)):
            path = os.path.join(place, name.replace(" ", "-") + ".json")
            with open(path, "w", encoding="utf-8") as file:
                json.dump(settings, file)
            here.append((name, f"{srt} --settings {path}", programs))
    else:
        missing.append(("srt", "npm install @anthropic-ai/sandbox-runtime" if not srt else f"apt-get install {lacking or 'bubblewrap'}"))
    return here, missing


def run(binary, place, wrapper, path, door):
    """The report of one contender, and how long it took."""
    home = os.path.join(place, "home")
    env = {"HOME": home, "PATH": f"{path}:{os.environ['PATH']}" if path else os.environ["PATH"], "USER": "bench"}
    argv = [binary, "doctor", "--attack", "--json"] + (["--door", door] if door else [])
    if wrapper is not None:
        argv += ["--behind", wrapper]
    if os.geteuid() == 0:
        argv = ["setpriv", f"--reuid={USER}", f"--regid={USER}", "--clear-groups", "--", *argv]
    begin = time.perf_counter()
    done = subprocess.run(argv, cwd=os.path.join(place, "project"), env=env, capture_output=True, text=True, check=False)
    try:
        return json.loads(done.stdout), time.perf_counter() - begin
    except json.JSONDecodeError:
        print(f"{shlex.join(argv)}\n{done.stderr.strip()}", file=sys.stderr)
        return None, 0


def score(probes):
    tried = [probe for probe in probes if probe["result"] != "untried"]
    return f"{sum(probe['result'] == 'stopped' for probe in tried)}/{len(tried)}" if tried else "-"


def table(reports):
    names = list(reports)
    rows = [["class", *names]]
    for kind in CLASSES:
        of = [[probe for probe in reports[name]["probes"] if probe["class"] == kind] for name in names]
        rows.append([kind, *map(score, of)])
    rows.append(["all", *(score(reports[name]["probes"]) for name in names)])
    rows.append(["critical open", *(str(len(reports[name]["critical_open"])) for name in names)])
    rows.append(["not tried", *(str(len(reports[name]["untried"])) for name in names)])
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    for row in rows:
        print("  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]))


def main():
    flags = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    flags.add_argument("--door", default="")
    flags.add_argument("--only", default="")
    flags.add_argument("--json", default="")
    chosen = flags.parse_args()
    if not os.path.exists(WARDLINE):
        sys.exit(f"{WARDLINE} is not there: cargo build --release, or set WARDLINE_BIN")
    with tempfile.TemporaryDirectory(prefix="wardline-escapes-", dir="/var/tmp") as place:
        for folder in ("home", "project"):
            os.mkdir(os.path.join(place, folder))
        binary = shutil.copy(WARDLINE, os.path.join(place, "wardline"))
        here, missing = contenders(place)
        if os.geteuid() == 0:
            quietly(["chown", "-R", f"{USER}:{USER}", place])
            quietly(["chmod", "-R", "a+rX", CACHE])
        reports, took = {}, {}
        for name, wrapper, path in here:
            if chosen.only and name not in ("wardline", chosen.only):
                continue
            report, seconds = run(binary, place, wrapper, path, chosen.door)
            if report is None:
                missing.append((name, "it gave no report"))
                continue
            reports[name], took[name] = report, seconds
            print(f"{name}: {report['stopped']} stopped of {report['tried']} in {seconds:.0f} s", file=sys.stderr)
        table(reports)
        for name, why in missing:
            print(f"missing: {name} ({why})")
        for probe in reports.get("wardline", {"probes": []})["probes"]:
            if probe["result"] != "stopped":
                print(f"wardline, {probe['result']}: {probe['id']} ({probe['tries']})")
        if chosen.json:
            with open(chosen.json, "w", encoding="utf-8") as file:
                json.dump({"reports": reports, "seconds": took, "missing": missing}, file, indent=1)


if __name__ == "__main__":
    main()
