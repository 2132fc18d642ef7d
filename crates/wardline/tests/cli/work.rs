//! Work that must go on behind `wardline exec`: a sandbox that breaks it is switched off, and then protects nobody.
//!
//! Each script runs for real, in a project with secrets and a repository, as whoever runs the tests. What a host lacks is
//! said aloud.

use std::path::Path;

use crate::common::{Ran, Sealed};

struct Work {
    name: &'static str,
    /// Programs without which it cannot be tried.
    needs: &'static [&'static str],
    /// Says `ok` when it went well.
    script: &'static str,
    /// A file that is there afterwards, for all to see.
    leaves: &'static str,
}

const fn work(name: &'static str, needs: &'static [&'static str], script: &'static str) -> Work {
    Work { name, needs, script, leaves: "" }
}

const TABLE: &[Work] = &[
    work(
        "cargo build and test",
        &["cargo", "cc"],
        "mkdir c && cd c && cargo init -q --name demo --vcs none . && \
         echo '#[test] fn holds() { assert_eq!(6 * 7, 42) }' >> src/main.rs && cargo test -q --offline && \
         cargo run -q --offline | grep -q Hello && echo ok",
    ),
    work(
        "npm install from a local tarball",
        &["npm", "node"],
        "mkdir dep app && cd dep && echo '{\"name\": \"dep\", \"version\": \"1.0.0\"}' > package.json && \
         echo 'module.exports = 42' > index.js && npm pack --silent && cd ../app && echo 'console.log(require(\"dep\"))' > say.js && \
         echo '{\"name\": \"app\", \"version\": \"1.0.0\", \"scripts\": {\"say\": \"node say.js\"}}' > package.json && \
         npm install --silent --offline --no-audit --no-fund ../dep/dep-1.0.0.tgz && \
         npm run --silent say | grep -qx 42 && echo ok",
    ),
    work(
        "pip install from a wheel",
        &["/usr/bin/python3"],
        r#"/usr/bin/python3 - <<'E' && /usr/bin/python3 -m pip install -q --no-index --target t demo-1.0-py3-none-any.whl && PYTHONPATH=t /usr/bin/python3 -c 'import demo; print(demo.said)'
import zipfile
with zipfile.ZipFile('demo-1.0-py3-none-any.whl', 'w') as wheel:
    wheel.writestr('demo.py', 'said = "ok"\n')
    wheel.writestr('demo-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\nName: demo\nVersion: 1.0\n')
    wheel.writestr('demo-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\nGenerator: x\nRoot-Is-Purelib: true\nTag: py3-none-any\n')
    wheel.writestr('demo-1.0.dist-info/RECORD', '')
E"#,
    ),
    Work {
        leaves: ".git/refs/heads/kept",
        ..work(
            "git commit, branch, rebase, merge, stash and tag",
            &["git"],
            "echo one > f && git add f && git commit -qm one && git checkout -qb topic && echo t > t && git add t && \
             git commit -qm t && git checkout -q - && echo m > m && git add m && git commit -qm m && \
             git checkout -q topic && git rebase -q - && echo s >> t && git stash -q && git stash pop -q && \
             git commit -qam s && git checkout -q - && git gc -q && git merge -q topic && git branch -q kept && \
             test $(git log --oneline | wc -l) -ge 4 && echo ok",
        )
    },
    Work {
        leaves: ".git/worktrees/side/HEAD",
        ..work(
            "git worktree add, and a commit in it",
            &["git"],
            "git worktree add -q -b side side && cd side && echo x > x && git add x && git commit -qm x && \
             git status --porcelain && git log --oneline | grep -q x && echo ok",
        )
    },
    work(
        "git submodule update",
        &["git"],
        "cd module && git checkout -q HEAD~1 && cd .. && git submodule status | grep -q '^+' && \
         git submodule update -q && git submodule status | grep -q '^ ' && \
         cd module && echo x > x && git add x && git commit -qm x && echo ok",
    ),
    work(
        "git clone of a local repository",
        &["git"],
        "git clone -q . copy && cd copy && git log --oneline && echo ok",
    ),
    work(
        "make with many jobs",
        &["make"],
        "printf 'all: 1 2 3 4 5 6\n%%:\n\t@sleep 0.1; echo $@ > $@\n' > rules.mk && make -s -j6 -f rules.mk && \
         cat 1 2 3 4 5 6 | wc -l | grep -qx 6 && echo ok",
    ),
    work(
        "a compiler, a library and a loader",
        &["gcc"],
        "echo 'int answer(void) { return 42; }' > l.c && gcc -shared -fPIC -o libl.so l.c && \
         echo 'int answer(void); int main(void) { return answer(); }' > m.c && gcc -o m m.c -L. -ll && \
         { LD_LIBRARY_PATH=. ./m; test $? = 42; } && echo ok",
    ),
    work(
        "archives, links and modes",
        &["tar"],
        "mkdir d && echo x > d/f && ln -s f d/s && ln d/f d/h && chmod 755 d/f && tar -czf d.tar.gz d && mkdir e && \
         tar -xzf d.tar.gz -C e && test -L e/d/s && test -x e/d/f && cat e/d/h && chmod 600 e/d/f && rm -r d e && echo ok",
    ),
    work(
        "a database",
        &["/usr/bin/python3"],
        "/usr/bin/python3 -c 'import sqlite3; c = sqlite3.connect(\"x.db\"); c.execute(\"pragma journal_mode=wal\"); \
         c.execute(\"create table t (a)\"); c.executemany(\"insert into t values (?)\", [(n,) for n in range(1000)]); \
         c.commit(); print(c.execute(\"select count(*) from t\").fetchone()[0])' | grep -qx 1000 && echo ok",
    ),
    work(
        "a pipe with a name, locks and a long pipeline",
        &["mkfifo", "flock"],
        "mkfifo p && (echo through > p &) && read line < p && test $line = through && rm p && \
         flock l -c 'flock -n l true || echo held' | grep -qx held && \
         seq 100000 | sort -rn | head -1 | grep -qx 100000 && echo ok",
    ),
    work(
        "notes about changed files",
        &["/usr/bin/python3"],
        "/usr/bin/python3 -c 'import ctypes, os; l = ctypes.CDLL(None); n = l.inotify_init(); \
         assert l.inotify_add_watch(n, b\".\", 0x100) > 0; open(\"new\", \"w\").close(); print(\"new\" in str(os.read(n, 999)))' \
         | grep -qx True && echo ok",
    ),
    work(
        "memory of files and memory that is shared",
        &["/usr/bin/python3"],
        "/usr/bin/python3 -c 'import mmap, os; f = open(\"m\", \"w+b\"); f.truncate(4096); m = mmap.mmap(f.fileno(), 4096); \
         os.fork() or (m.write(b\"ok\"), m.flush(), os._exit(0)); os.wait(); print(m[:2].decode())'",
    ),
    work(
        "Python processes and threads",
        &["/usr/bin/python3"],
        "/usr/bin/python3 -c 'import multiprocessing as m, threading as t; q = m.Queue(); \
         [t.Thread(target=q.put, args=(i,)).start() for i in range(4)]; \
         print(m.Pool(2).map(abs, [-1, -2]), sorted(q.get() for _ in range(4)))' | grep -q '\\[1, 2\\] \\[0, 1, 2, 3\\]' && echo ok",
    ),
    work(
        "node workers and processes",
        &["node"],
        "node -e 'const w = require(\"worker_threads\"); const c = require(\"child_process\"); \
         new w.Worker(\"require(\\\"worker_threads\\\").parentPort.postMessage(7)\", {eval: true}) \
         .on(\"message\", n => console.log(n === 7 && c.execSync(\"echo ok\").toString().trim()))'",
    ),
    work(
        "a server on localhost and its client",
        &["node"],
        "node -e 'const h = require(\"http\"); const s = h.createServer((q, a) => a.end(\"ok\")).listen(0, \"127.0.0.1\", () => \
         h.get({port: s.address().port, host: \"localhost\", family: 4}, a => a.on(\"data\", d => { console.log(`${d}`); s.close(); })))'",
    ),
    work(
        "a server on localhost, version 6, and sockets of one's own",
        &["/usr/bin/python3"],
        "/usr/bin/python3 -c 'import socket; s = socket.create_server((\"::1\", 0), family=socket.AF_INET6); \
         c = socket.create_connection(s.getsockname()[:2]); u = socket.socket(socket.AF_UNIX); u.bind(\"/tmp/u\"); u.listen(); \
         v = socket.socket(socket.AF_UNIX); v.connect(\"/tmp/u\"); a, b = socket.socketpair(); a.send(b\"ok\"); \
         print(b.recv(2).decode())'",
    ),
    work(
        "a program at a terminal",
        &["script", "/usr/bin/python3"],
        "script -qec 'test -t 0 && stty size && tty' /dev/null < /dev/null | grep -q /dev/pts/ && \
         /usr/bin/python3 -c 'import pty; pty.spawn([\"/bin/echo\", \"ok\"])'",
    ),
    work(
        "a debugger that is refused goes on to its end",
        &["gdb"],
        "echo start; timeout 60 gdb -nx -batch -ex run -ex quit /bin/true; test $? -ne 124 && echo ok",
    ),
    work(
        "a tracer that is refused goes on to its end",
        &["strace"],
        "timeout 60 strace -o /tmp/trace /bin/true; code=$?; test $code -ne 124 && test $code -ne 137 && echo ok",
    ),
    work(
        "a large file, one with holes, and many small ones",
        &[],
        "head -c 200000000 /dev/zero > big && truncate -s 3G holes && test $(stat -c %s holes) = 3221225472 && rm big holes && \
         mkdir many && for n in $(seq 1500); do echo $n > many/$n; done && mv many more && rm -r more && echo ok",
    ),
    work(
        "signals, jobs and deadlines",
        &[],
        "trap 'caught=1' USR1; kill -USR1 $$; sleep 30 & kill %1; wait %1; timeout 0.2 sleep 30; test $? = 124 && \
         test $caught = 1 && echo ok",
    ),
    work(
        "temporary files and a private home",
        &[],
        "f=$(mktemp) && printf '#!/bin/sh\\necho ok\\n' > $f && chmod +x $f && mkdir -p ~/.cache/x && echo y > ~/.cache/x/y && $f",
    ),
    work(
        "perl",
        &["perl"],
        "perl -MSocket -e 'socketpair(A, B, AF_UNIX, SOCK_STREAM, 0) and print qq(ok\\n)'",
    ),
    work(
        "a browser without a window",
        &["chromium"],
        "echo '<p>o<b>k</b></p>' > page.html && \
         timeout 60 chromium --headless --no-sandbox --disable-gpu --dump-dom file://$PWD/page.html | grep -q '<b>k</b>' && echo ok",
    ),
];

/// The first of `needs` that this user cannot run.
fn missing(needs: &[&'static str], path: &str) -> Option<&'static str> {
    let runs = |program: &str| {
        std::env::split_paths(path).any(|directory| {
            // An absolute name stands for itself.
            let file = directory.join(program);
            file.is_file() && std::fs::File::open(file).is_ok()
        })
    };
    needs.iter().find(|program| !runs(program)).copied()
}

/// The toolchain that builds these tests, before what is on the path: a shim would look for its toolchains at home.
fn path() -> String {
    let own = std::env::var("PATH").unwrap();
    match std::env::var("CARGO")
        .ok()
        .and_then(|cargo| Some(Path::new(&cargo).parent()?.display().to_string()))
    {
        Some(toolchain) => format!("{toolchain}:{own}"),
        None => own,
    }
}

fn submodule(world: &Sealed) {
    let git = |arguments: &[&str]| world.git(&[&["-c", "protocol.file.allow=always"], arguments].concat());
    git(&["init", "-q", "../module"]);
    for message in ["one", "two"] {
        git(&["-C", "../module", "commit", "-q", "--allow-empty", "-m", message]);
    }
    git(&["submodule", "--quiet", "add", "../module", "module"]);
    git(&["commit", "-qam", "module"]);
}

fn try_out(work: &Work, path: &str) -> Result<(), String> {
    let world = Sealed::new("work");
    world.write(
        "home/.gitconfig",
        "[user]\n\tname = t\n\temail = t@t\n[protocol \"file\"]\n\tallow = always\n",
    );
    world.git(&["add", "a.txt"]);
    world.git(&["commit", "-qm", "start"]);
    if work.name.contains("submodule") {
        submodule(&world);
    }
    world.unseen("home/p/work.sh", work.script);
    let mut command = world.command(&["exec", "--", "bash", "work.sh"]);
    let ran: Ran = crate::common::feed(command.env("PATH", path), b"");
    if ran.code != 0 || !ran.stdout.contains("ok") {
        return Err(format!("{}: {ran:?}", work.name));
    }
    if ran.stdout.contains("SECRET") {
        return Err(format!("{}: a secret came out: {ran:?}", work.name));
    }
    if !work.leaves.is_empty() && !world.path("home/p").join(work.leaves).exists() {
        return Err(format!("{}: `{}` is not there afterwards: {ran:?}", work.name, work.leaves));
    }
    Ok(())
}

#[test]
fn ordinary_programs_go_on() {
    let path = path();
    let mut wrong = Vec::new();
    let mut tried = 0;
    for work in TABLE {
        match missing(work.needs, &path) {
            Some(program) => println!("SKIPPED: {}: this user has no `{program}` here", work.name),
            None => {
                tried += 1;
                wrong.extend(try_out(work, &path).err());
            }
        }
    }
    println!("{tried} of {} kinds of work were tried", TABLE.len());
    assert!(wrong.is_empty() && tried >= 15, "{} of {tried} went wrong:\n{}", wrong.len(), wrong.join("\n"));
}
