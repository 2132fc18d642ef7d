#!/usr/bin/env python3
"""Measures what is stopped and what is asked, against cc-safety-net in the same run.

    bench/commands.py [--corpora DIR] [--misses]

Reads the labelled corpora (tldr, nl2bash: benign; redcode: dangerous) from DIR, ../shared/corpora when not said, and any other
*.jsonl with `id`, `cmd` and `label` there. Commands are only parsed, never run. For each corpus it prints how much is denied
and asked: by wardline inside the sandbox, by wardline with hooks alone, by cc-safety-net with its default settings (which
knows no question). Recall counts an ask as caught. Then the CPU of one cold hook call, interleaved.

Build first: cargo build --release. cc-safety-net: npm install --prefix DIR cc-safety-net, with DIR in CC_SAFETY_NET_DIR.
"""

import collections
import glob
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile

import ratios

HERE = os.path.dirname(os.path.abspath(__file__))

PEER = """
import { checkCommand } from %s;
import { createInterface } from 'node:readline';
const cwd = process.argv[2];
for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try { answer = checkCommand({ command: JSON.parse(line), cwd }).kind; } catch (e) { answer = 'error'; }
  console.log(answer);
}
"""


def interval(hits, total):
    """Wilson's interval at 95 %, in percent."""
    if not total:
        return (0.0, 0.0)
    z, share = 1.96, hits / total
    middle = share + z * z / (2 * total)
    spread = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return (100 * (middle - spread) / scale, 100 * (middle + spread) / scale)


def wardline(rows, project, confined, env):
    lines = "".join(json.dumps({"permission": "bash", "target": row["cmd"], "confined": confined}) + "\n" for row in rows)
    done = subprocess.run([ratios.WARDLINE, "check", "--batch"], input=lines, cwd=project, env=env, capture_output=True, text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if len(answers) != len(rows):
        sys.exit(f"wardline gave {len(answers)} answers to {len(rows)} requests: {done.stderr.strip()}")
    return answers


def peer(rows, project, env):
    root = os.environ.get("CC_SAFETY_NET_DIR", "")
    api = os.path.join(root, "node_modules", "cc-safety-net", "dist", "api.js")
    if not root or not os.path.exists(api) or not shutil.which("node"):
        return None
    with tempfile.TemporaryDirectory() as scratch:
        script = os.path.join(scratch, "peer.mjs")
        with open(script, "w", encoding="utf-8") as out:
            out.write(PEER % json.dumps(api))
        lines = "".join(json.dumps(row["cmd"]) + "\n" for row in rows)
        done = subprocess.run(["node", script, project], input=lines, env=env, capture_output=True, text=True, check=False)
    answers = done.stdout.split()
    if len(answers) != len(rows):
        sys.exit(f"cc-safety-net gave {len(answers)} answers to {len(rows)} requests: {done.stderr.strip()[:400]}")
    return answers


def report(name, label, decisions):
    count = collections.Counter(decisions)
    total = len(decisions)
    share = {key: 100 * count[key] / total for key in ("allow", "ask", "deny")}
    if label == "dangerous":
        caught = count["ask"] + count["deny"]
        low, high = interval(caught, total)
        print(f"    {name:28} caught {caught:6}/{total:<6} {100 * caught / total:6.2f} % [{low:.1f}, {high:.1f}]   denied {share['deny']:6.2f} %")
    else:
        low, high = interval(count["deny"], total)
        print(f"    {name:28} denied {count['deny']:6}/{total:<6} {share['deny']:6.2f} % [{low:.2f}, {high:.2f}]   asked {share['ask']:6.2f} %")


def misses(rows, answers, label):
    wanted = {"allow"} if label == "dangerous" else {"deny"}
    for row, answer in zip(rows, answers):
        if answer["decision"] in wanted:
            first = answer["reasons"][0]["rule"] if answer["reasons"] else "?"
            print(f"      {row['id']}: {first}: {row['cmd'][:110]!r}")


def main():
    arguments = sys.argv[1:]
    corpora = os.path.join(HERE, "..", "..", "shared", "corpora")
    if "--corpora" in arguments:
        corpora = arguments[arguments.index("--corpora") + 1]
    files = sorted(glob.glob(os.path.join(corpora, "commands", "*.jsonl"))) + sorted(glob.glob(os.path.join(corpora, "*.jsonl")))
    if not files:
        sys.exit(f"NOT MEASURED: no corpora in {corpora}; name their folder with --corpora")
    if not os.path.exists(ratios.WARDLINE):
        sys.exit(f"{ratios.WARDLINE} is missing: cargo build --release")
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as home:
        project = os.path.join(home, "project")
        os.makedirs(project)
        subprocess.run(["git", "init", "-q", project], check=False)
        env = {"HOME": home, "PATH": os.environ["PATH"], "USER": "bench"}
        for file in files:
            with open(file, encoding="utf-8") as lines:
                rows = [json.loads(line) for line in lines if line.strip()]
            for label in sorted({row["label"] for row in rows}):
                chosen = [row for row in rows if row["label"] == label]
                print(f"{os.path.basename(file)}: {len(chosen)} {label}")
                inside = wardline(chosen, project, True, env)
                report("wardline, confined", label, [answer["decision"] for answer in inside])
                outside = wardline(chosen, project, False, env)
                report("wardline, hooks alone", label, [answer["decision"] for answer in outside])
                others = peer(chosen, project, env)
                if others is None:
                    print("    cc-safety-net                missing: set CC_SAFETY_NET_DIR")
                else:
                    report("cc-safety-net, default", label, others)
                if "--misses" in arguments:
                    misses(chosen, inside, label)
    root = os.environ.get("CC_SAFETY_NET_DIR", "")
    command = os.path.join(root, "node_modules", ".bin", "cc-safety-net")
    with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as place:
        contenders = [("/bin/true", ["/bin/true"]), ("wardline", [ratios.installed(place), "hook", "claude"])]
        if root and os.path.exists(command):
            contenders.append(("cc-safety-net", [command, "hook", "--claude-code"]))
        ratios.compare("cold hook", contenders, ratios.CALL, 0)


if __name__ == "__main__":
    main()
