//! MCP servers and skills that an agent starts inside `wardline run`: beside the session, narrowed by their manifest, on the real kernel.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::caps::{MANIFEST, Server, TO_NOTES, has_python, probes, sealed, with_secret};
use crate::common::{Ran, Sealed, feed, there};

const WARDLINE: &str = env!("CARGO_BIN_EXE_wardline");

/// A session whose agent is this shell script; `$W` is Wardline.
fn session(world: &Sealed, flags: &[&str], script: &str) -> Command {
    let script = script.replace("$W", WARDLINE);
    world.command(&[&["run", "--quiet"], flags, &["--", "/bin/sh", "-c", &script]].concat())
}

fn ran(world: &Sealed, script: &str) -> Ran {
    feed(&mut session(world, &[], script), b"")
}

#[test]
fn a_server_inside_a_session_gets_what_its_manifest_names_and_nothing_else() {
    if !has_python() {
        return;
    }
    let world = sealed("beside-server", MANIFEST);
    world.config(
        r#"{"network": {"allow": ["other.example.com", "api.example.com:8443"]},
            "permission": {"edit": {"tools/notes/server.py": "deny"}}}"#,
    );
    // The agent leaves the secret of its own door where the server may read it.
    let script = "echo $HTTP_PROXY > src/proxy; echo $$ > src/pid; export OTHER=x; cat a.txt >&2; \
                  exec $W exec -- /usr/bin/python3 tools/notes/server.py";
    let mut command = session(&world, &["--env", "AGENT_KEY"], script);
    command.env("AGENT_KEY", "key-2718281828");
    let mut server = Server::start(command);
    for (tool, of, expected) in probes(&world) {
        let answer = server.call(tool, &of);
        assert!(answer.starts_with(&expected), "{tool} {of}: {answer}");
    }
    for name in ["AGENT_KEY", "OTHER"] {
        assert_eq!(server.call("environment", name), "unset", "{name}");
    }
    let proxy = world.read("home/p/src/proxy");
    let own = server.call("environment", "HTTP_PROXY");
    assert!(own.starts_with("http://wardline:") && own != proxy.trim());
    // Its door takes its own secret, and the session's is none there.
    for (secret, answer) in [(own.as_str(), "403"), (proxy.trim(), "407")] {
        assert_eq!(server.call("through", &format!("{secret} other.example.com")), answer);
    }
    let processes = server.call("names", "/proc");
    let numbers: Vec<&str> = processes.split(' ').filter(|name| name.parse::<u32>().is_ok()).collect();
    assert_eq!(numbers, ["1", "2"], "nobody of the agent's");
    let made: u32 = server.call("fork", "200").parse().unwrap();
    assert!((1..64).contains(&made), "{made} processes with a limit of 64");
    let ran = server.end();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("not given: secrets `NOTES_TOKEN`"), "{ran:?}");
    assert!(there(&world.path("home/p/tools/notes/cache/new")) && !there(&world.path("home/p/made")));
    for name in ["a.txt", ".env", "tools/notes/server.py", "tools/notes/wardline.caps.jsonc", ".git/config"] {
        assert!(there(&world.project().join(name)), "{name}");
    }
    // Decided, with its bounds, and its end: all in the session's own record.
    let rows = world.rows();
    let of_it = |row: &&serde_json::Value| row["kind"] == "note" && !row["body"]["program"].is_null();
    let note = rows.iter().find(of_it).unwrap();
    assert_eq!(note["body"]["confinement"]["capabilities"][0]["digest"].as_str().unwrap().len(), 64);
    assert_eq!(note["body"]["confinement"]["limits"]["processes"], 64);
    let call = |kind: &str| {
        let row = rows.iter().find(|row| {
            row["kind"] == kind && row["call"].as_str().is_some_and(|call| call.starts_with("beside-1-"))
        });
        row.unwrap_or_else(|| panic!("no {kind}")).clone()
    };
    assert_eq!(call("intent")["body"]["decision"], "allow");
    assert_eq!(
        (&call("outcome")["body"]["code"], &call("outcome")["body"]["survivors"]),
        (&0.into(), &0.into())
    );
    assert_eq!(call("intent")["session"], note["session"]);
    let refused =
        rows.iter().filter(|row| row["kind"] == "egress" && row["body"]["host"] == "other.example.com:80");
    assert!(refused.count() > 0);
    assert_eq!(std::fs::read_dir(world.path("home/.local/state/wardline/run")).unwrap().count(), 0);
}

#[test]
fn a_server_has_its_secret_and_the_agent_that_starts_it_has_not() {
    if !has_python() {
        return;
    }
    let world = with_secret("beside-secret", TO_NOTES);
    let server = world.path("home/skills/notes/server.py");
    let server = server.to_str().unwrap();
    let ask = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"environment","arguments":{"of":"NOTES_TOKEN"}}}"#;
    // The server answers, and while it waits for more the agent looks for the secret wherever it can.
    let script = format!(
        "mkfifo in; (echo '{ask}'; cat in) | $W exec -- /usr/bin/python3 {server} > out & \
         while ! grep -q tok-314159265[3] out; do sleep 0.1; done; mv out answer; \
         cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | grep -ac tok-314159265[3]; \
         env | grep -c tok-314159265[3]; grep -r tok-314159265[3] /run /tmp $HOME/.local 2>/dev/null; \
         NOTES_TOKEN=mine $W exec --caps {0} -- /usr/bin/python3 -c 'import os; print(os.environ.get(\"NOTES_TOKEN\"))' {server}; \
         echo > in; wait",
        server.replace("server.py", "wardline.caps.jsonc")
    );
    let mut command = session(&world, &[], &script);
    command.env("MY_TOKEN", "tok-3141592653");
    let ran = feed(&mut command, b"");
    assert!(world.read("home/p/answer").contains("tok-3141592653"), "{ran:?}");
    assert_eq!(ran.stdout.lines().collect::<Vec<_>>(), ["0", "0", "None"], "{ran:?}");
    assert!(ran.stderr.contains("options before the script"), "{ran:?}");
    std::fs::remove_file(world.path("home/p/answer")).unwrap();
    let state = Command::new("grep").args(["-r", "tok-3141592653"]).arg(world.path("home")).output().unwrap();
    assert!(state.stdout.is_empty(), "{state:?}");
}

#[test]
fn what_bounds_a_server_is_not_the_agents_to_write_or_to_choose() {
    let world = sealed("beside-refused", MANIFEST);
    world.write("home/secret.jsonc", "{\"hidden\": 1}");
    world.write("home/p/tools/broken/tool", "#!/bin/sh\necho ran\n");
    world.write("home/p/tools/broken/wardline.caps.jsonc", r#"{"files": {"raed": ["."]}}"#);
    let (secret, gone) = (world.path("home/secret.jsonc"), world.path("home/gone.jsonc"));
    let linked = format!("ln -s {} link.jsonc; $W exec --caps link.jsonc", secret.display());
    // What the agent does, what it is told, the exit code.
    let table: [(String, &str, i32); 11] = [
        ("$W exec -- /bin/true".into(), "no `wardline.caps.jsonc` lies beside", 2),
        ("echo {} > tools/notes/wardline.caps.jsonc || $W exec -- tools/notes/bin/tool".into(), "", 0),
        ("mv tools/notes tools/n || $W exec -- tools/notes/bin/tool".into(), "", 0),
        (
            "echo '{}' > tools/notes/bin/wardline.caps.jsonc; $W exec -- tools/notes/bin/tool".into(),
            "programs of this session can write it",
            2,
        ),
        ("$W exec -- sh tools/broken/tool".into(), "`raed` is not a setting", 2),
        (
            format!("$W exec --caps {} -- tools/notes/bin/tool", secret.display()),
            "nothing that this session shows",
            2,
        ),
        (
            format!("$W exec --caps {} -- tools/notes/bin/tool", gone.display()),
            "nothing that this session shows",
            2,
        ),
        (format!("{linked} -- tools/notes/bin/tool"), "nothing that this session shows", 2),
        (format!("$W exec -- {}", secret.display()), "no such program", 127),
        ("$W exec --allow-host x.test -- tools/notes/bin/tool".into(), "`--caps` is the only option", 2),
        ("$W exec -- sudo tools/notes/bin/tool".into(), "wardline: ", -1),
    ];
    for (script, told, code) in table {
        let ran = ran(&world, &script);
        assert!(ran.stderr.contains(told), "{script}: {ran:?}");
        assert!(!ran.stderr.contains("hidden"), "{script}: {ran:?}");
        assert!(code < 0 && ran.code != 0 || ran.code == code, "{script}: {ran:?}");
        assert_eq!(ran.stdout == "ran\n", code == 0, "{script}: {ran:?}");
        assert_eq!(world.read("home/p/tools/notes/wardline.caps.jsonc"), MANIFEST, "{script}");
    }
    // A request that is none, and one that lends no streams.
    let garbage = "import socket
for sent in [b'', b'{}\\n', b'\\0' * 100000]:
    s = socket.socket(socket.AF_UNIX); s.connect('/run/wardline/start.sock'); s.sendall(sent); s.shutdown(1)
    print(s.recv(1000)[:40])";
    world.write("home/p/garbage.py", garbage);
    if has_python() {
        let ran = ran(&world, "/usr/bin/python3 garbage.py");
        assert_eq!(ran.stdout.matches("the request is not").count(), 3, "{ran:?}");
    }
}

#[test]
fn a_server_ends_with_whoever_started_it_and_with_the_session() {
    let world = sealed("beside-ends", r#"{"files": {"read": ["."]}}"#);
    let mark = format!("{}", 90000 + std::process::id());
    let tool = format!("#!/bin/sh\necho ready\n(setsid sleep {mark} &)\nexec sleep {mark}\n");
    world.write("home/p/tools/notes/wait", &tool);
    let alive = || {
        let processes = std::fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
            std::fs::read(entry.path().join("cmdline")).is_ok_and(|line| {
                line.starts_with(b"sleep\0") && line.ends_with(format!("{mark}\0").as_bytes())
            })
        });
        processes.count()
    };
    let comes_to = |count: usize| {
        let begin = Instant::now();
        while alive() != count && begin.elapsed() < Duration::from_secs(30) {
            std::thread::sleep(Duration::from_millis(20));
        }
        alive() == count
    };
    let gone = || comes_to(0);
    // Its starter is killed: the server goes, and the session goes on.
    let start = "$W exec -- sh tools/notes/wait > out & while ! grep -q ready out; do sleep 0.05; done;";
    let mut child =
        session(&world, &[], &format!("{start} echo up; read go; kill -9 $!; echo killed; read go"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
    let (mut go, mut out) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert_eq!(line, "up\n");
    assert!(comes_to(2), "the server and what it left");
    go.write_all(b"\n").unwrap();
    out.read_line(&mut line).unwrap();
    assert!(gone(), "after its starter");
    drop(go);
    child.wait().unwrap();
    // The session ends, by itself and by force.
    let ended = ran(&world, &format!("rm -f out; {start} echo up"));
    assert_eq!((ended.stdout.as_str(), alive()), ("up\n", 0), "{ended:?}");
    let mut child = session(&world, &[], &format!("rm -f out; {start} echo up; sleep 100"))
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut first = [0; 3];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert!(comes_to(2), "the server and what it left");
    // One session for whoever stops it.
    let listed = world.run(&["stop", "--list", "--json"]);
    assert!(listed.code != 0 || listed.stdout.matches("\"monitor\"").count() == 1, "{listed:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(gone(), "after the monitor");
}

#[test]
fn a_directory_that_the_agent_swaps_leads_nowhere() {
    let world = sealed(
        "beside-swap",
        r#"{"files": {"write": ["$PROJECT/out", "$PROJECT/src/deep"], "read": ["."]}}"#,
    );
    world.write("home/treasure/here", "x");
    world.write("home/p/tools/notes/put", "#!/bin/sh\nfor d in out src/deep; do echo x > $d/stolen; done\n");
    let treasure = world.path("home/treasure");
    let script = format!(
        "mkdir -p out src/deep; ln -s {0} evil; \
         (while :; do mv out o; mv evil out; mv out evil; mv o out; mv src/deep d; ln -s {0} src/deep; rm src/deep; mv d src/deep; done) 2>/dev/null & \
         for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do $W exec -- sh tools/notes/put 2>/dev/null; done; kill $!; echo done",
        treasure.display()
    );
    let ran = ran(&world, &script);
    assert!(ran.stdout.ends_with("done\n"), "{ran:?}");
    let names: Vec<_> =
        std::fs::read_dir(&treasure).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["here"]);
}

#[test]
fn more_programs_than_a_session_may_have_beside_it_are_refused() {
    let world = sealed("beside-many", r#"{"files": {"read": ["."]}}"#);
    world.write("home/p/tools/notes/wait", "#!/bin/sh\necho ready\nexec sleep 1000\n");
    let script = "n=0; while [ $n -lt 8 ]; do n=$((n+1)); $W exec -- sh tools/notes/wait > out$n & done; \
                  for n in 1 2 3 4 5 6 7 8; do i=0; while ! grep -q ready out$n && [ $i -lt 300 ]; do i=$((i+1)); sleep 0.1; done; done; \
                  $W exec -- sh tools/notes/wait; echo $?";
    let ran = ran(&world, script);
    assert!(ran.stdout == "125\n" && ran.stderr.contains("8 programs run beside"), "{ran:?}");
}

#[test]
fn what_a_server_makes_is_held_back_like_the_agents_own() {
    let world = sealed("beside-traps", r#"{"files": {"write": ["$PROJECT/src"], "read": ["."]}}"#);
    world.unseen(
        "home/p/tools/notes/make",
        "echo evil > src/.envrc; echo fine > src/fine; echo ready; [ \"$1\" ] && exec sleep 1000",
    );
    // It ends before the session, which still sees what it made; and it ends with the session.
    for (script, seen) in [
        ("$W exec -- sh tools/notes/make; ls -A src", ".envrc"),
        ("$W exec -- sh tools/notes/make stay > out & while ! grep -q ready out; do sleep 0.05; done", ""),
    ] {
        let ran = ran(&world, script);
        assert!(ran.stdout.contains(seen), "{ran:?}");
        assert!(
            !there(&world.path("home/p/src/.envrc")) && there(&world.path("home/p/src/fine")),
            "{script}"
        );
        assert!(world.run(&["quarantine", "list"]).stdout.contains(".envrc"));
        world.run(&["quarantine", "discard", "--all"]);
        std::fs::remove_file(world.path("home/p/src/fine")).unwrap();
    }
}

#[test]
fn an_agents_own_servers_are_narrowed_without_a_change_to_its_settings() {
    use std::os::unix::fs::PermissionsExt as _;
    let world = sealed("beside-agent", r#"{"files": {"read": ["."]}}"#);
    // As Claude Code does: the servers of its command line are started, those of the same name elsewhere are not.
    let agent = "#!/bin/sh\ncat $2\n$(sed 's/.*command\":\"\\([^\"]*\\)\".*args\":\\[\\(.*\\)\\].*/\\1 \\2/; s/[\",]/ /g' $2)\n";
    let agent = world.write("home/p/claude", agent);
    std::fs::set_permissions(&agent, std::fs::Permissions::from_mode(0o755)).unwrap();
    world.write("home/p/tools/notes/who", "#!/bin/sh\necho; ls /run/wardline; cat a.txt || echo nothing\n");
    let state = r#"{"mcpServers": {"notes": {"command": "sh", "args": ["tools/notes/who"]}}}"#;
    world.write("home/.claude.json", state);
    let ran = world.run(&["run", "--", "./claude", "-p", "x"]);
    assert!(ran.stderr.contains("MCP server `notes` runs beside the session"), "{ran:?}");
    assert!(ran.stdout.contains(r#""args":["exec","--","sh","tools/notes/who"]"#), "{ran:?}");
    assert!(ran.stdout.ends_with("\n3128.sock\nnothing\n"), "{ran:?}");
    assert_eq!(world.read("home/.claude.json"), state);
    // A manifest that is wrong: the server does not start, and the session does.
    world.write("home/p/tools/notes/wardline.caps.jsonc", "{");
    let ran = world.run(&["run", "--", "./claude", "-p", "x"]);
    assert!(ran.stderr.contains("wardline.caps.jsonc:1") && !ran.stdout.contains("nothing"), "{ran:?}");
}
