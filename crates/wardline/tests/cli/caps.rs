//! Capability manifests, as an agent's MCP configuration uses them: a real server behind `exec`, the real kernel.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

use crate::common::{Ran, Sealed, there};

/// A server as people write them: `initialize`, `tools/list`, and one tool for each thing that it might try.
const SERVER: &str = r#"
import json, os, socket, subprocess, sys

def read(path): return open(path).read()
def write(path): open(path, "w").write("x"); return "written"
def environment(name): return os.environ.get(name, "unset")
def connect(host):
    import urllib.request
    try:
        return str(urllib.request.urlopen("http://" + host + "/", timeout=20).status)
    except urllib.error.HTTPError as e:
        return str(e.code) + " " + e.read().decode()
def run(path): return subprocess.run([path], capture_output=True, text=True, check=True).stdout
def through(of):
    import urllib.request
    proxy, host = of.split(" ")
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy}))
    try:
        return str(opener.open("http://" + host + "/", timeout=20).status)
    except urllib.error.HTTPError as e:
        return str(e.code)
def fork(count):
    made = 0
    try:
        for _ in range(int(count)):
            if os.fork() == 0:
                import time; time.sleep(600)
            made += 1
    except OSError: pass
    return str(made)
def names(path): return " ".join(sorted(os.listdir(path)))

TOOLS = {"read": read, "write": write, "environment": environment, "connect": connect, "run": run, "names": names,
         "through": through, "fork": fork}

for line in sys.stdin:
    message = json.loads(line)
    method, answer = message["method"], None
    if method == "initialize":
        answer = {"protocolVersion": "2025-06-18", "capabilities": {"tools": {}},
                  "serverInfo": {"name": "notes", "version": "1"}}
    elif method == "tools/list":
        answer = {"tools": [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]}
    elif method == "tools/call":
        call = message["params"]
        try:
            text, wrong = TOOLS[call["name"]](call["arguments"]["of"]), False
        except Exception as e:
            text, wrong = type(e).__name__ + ": " + str(e), True
        answer = {"content": [{"type": "text", "text": text}], "isError": wrong}
    if "id" in message:
        print(json.dumps({"jsonrpc": "2.0", "id": message["id"], "result": answer}), flush=True)
"#;

pub(crate) const MANIFEST: &str = r#"// What the notes server may touch.
{
  "files": {
    "read": [".", "$PROJECT/src"],
    "write": ["cache"],
    "execute": ["bin"],
  },
  "hosts": ["api.example.com"],
  "secrets": ["NOTES_TOKEN"],
  "limits": { "processes": 64 },
}
"#;

/// A server that runs behind `exec`, spoken to as an agent would.
pub(crate) struct Server {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    next: u64,
}

impl Server {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut server = Self { child, input, output: BufReader::new(output), next: 0 };
        let hello = server.ask("initialize", &json!({"protocolVersion": "2025-06-18", "capabilities": {}}));
        assert_eq!(hello.pointer("/serverInfo/name"), Some(&"notes".into()), "{hello}");
        let note = json!({"jsonrpc": "2.0", "method": "notifications/initialized"});
        writeln!(server.input, "{note}").unwrap();
        server
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        self.next += 1;
        let request = json!({"jsonrpc": "2.0", "id": self.next, "method": method, "params": params});
        writeln!(self.input, "{request}").unwrap();
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        assert!(!line.is_empty(), "the server is gone");
        let answer: Value = serde_json::from_str(&line).unwrap();
        assert_eq!(answer.get("id"), Some(&self.next.into()), "{answer}");
        answer.get("result").unwrap().clone()
    }

    /// The answer of a tool, errors with a mark.
    pub(crate) fn call(&mut self, tool: &str, of: &str) -> String {
        let result = self.ask("tools/call", &json!({"name": tool, "arguments": {"of": of}}));
        let mark = if result.get("isError") == Some(&true.into()) { "!" } else { "" };
        format!("{mark}{}", result.pointer("/content/0/text").and_then(Value::as_str).unwrap())
    }

    pub(crate) fn end(self) -> Ran {
        let Self { child, input, .. } = self;
        drop(input);
        let output = child.wait_with_output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

/// A project with a server in `tools/notes` and its manifest.
pub(crate) fn sealed(name: &str, manifest: &str) -> Sealed {
    use std::os::unix::fs::PermissionsExt as _;
    let world = Sealed::new(name);
    world.write("home/p/tools/notes/server.py", SERVER);
    world.write("home/p/tools/notes/wardline.caps.jsonc", manifest);
    world.write("home/p/tools/notes/cache/old", "old\n");
    for script in ["bin/tool", "data/tool"] {
        let script = world.write(&format!("home/p/tools/notes/{script}"), "#!/bin/sh\necho ran\n");
        std::fs::set_permissions(script, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    world
}

const START: [&str; 4] = ["exec", "--", "/usr/bin/python3", "tools/notes/server.py"];

pub(crate) fn has_python() -> bool {
    Command::new("/usr/bin/python3").arg("-V").output().is_ok_and(|output| output.status.success())
}

/// What is tried of a server with [`MANIFEST`]: the tool, what it is asked for, how its answer begins.
pub(crate) fn probes(world: &Sealed) -> Vec<(&'static str, String, String)> {
    let place = |name: &str| world.path(name).to_string_lossy().into_owned();
    let table = [
        ("read", place("home/p/src/lib.txt"), "lib\n"),
        ("read", place("home/p/tools/notes/cache/old"), "old\n"),
        ("read", place("home/p/a.txt"), "!FileNotFoundError"),
        ("read", place("home/p/.git/config"), "!FileNotFoundError"),
        ("read", place("home/outside.txt"), "!FileNotFoundError"),
        ("read", place("home/p/.env"), "!FileNotFoundError"),
        ("names", place("home/p"), "src tools"),
        ("names", place("home/p/tools"), "notes"),
        ("write", place("home/p/tools/notes/cache/new"), "written"),
        ("write", place("home/p/tools/notes/new"), "!OSError: [Errno 30]"),
        ("write", place("home/p/src/lib.txt"), "!OSError: [Errno 30]"),
        ("write", place("home/p/tools/notes/server.py"), "!OSError: [Errno 30]"),
        ("write", place("home/p/tools/notes/wardline.caps.jsonc"), "!OSError: [Errno 30]"),
        ("write", place("home/p/made"), "!PermissionError"),
        ("run", place("home/p/tools/notes/bin/tool"), "ran\n"),
        ("run", place("home/p/tools/notes/data/tool"), "!PermissionError"),
        ("environment", "NOTES_TOKEN".to_owned(), "unset"),
        ("environment", "USER".to_owned(), "unset"),
        ("environment", "HOME".to_owned(), &*place("home")),
        ("connect", "other.example.com".to_owned(), "403"),
    ];
    table.map(|(tool, of, expected)| (tool, of, expected.to_owned())).into()
}

#[test]
fn a_server_gets_what_its_manifest_names_and_nothing_else() {
    if !has_python() {
        return;
    }
    let world = sealed("caps-server", MANIFEST);
    world.config(
        r#"{"network": {"allow": ["other.example.com", "api.example.com:8443"]},
            "permission": {"edit": {"tools/notes/server.py": "deny"}}}"#,
    );
    let mut server = Server::start(world.command(&START));
    let tools = server.ask("tools/list", &json!({}));
    assert_eq!(tools["tools"].as_array().unwrap().len(), 8, "{tools}");
    for (tool, of, expected) in probes(&world) {
        let answer = server.call(tool, &of);
        assert!(answer.starts_with(&expected), "{tool} {of}: {answer}");
    }
    let refused = server.call("connect", "other.example.com");
    assert!(refused.contains("wardline.caps.jsonc does not name other.example.com"), "{refused}");
    let ran = server.end();
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("secret not given: NOTES_TOKEN: no secret of this name"), "{ran:?}");
    assert!(there(&world.path("home/p/tools/notes/cache/new")) && !there(&world.path("home/p/made")));
    // Nothing that was there is taken for new.
    for name in ["a.txt", ".env", "tools/notes/server.py", "tools/notes/wardline.caps.jsonc", ".git/config"] {
        assert!(there(&world.project().join(name)), "{name}");
    }
    let rows = world.rows();
    let start = rows.iter().find(|row| row["kind"] == "session_start").unwrap();
    let caps = &start["body"]["confinement"]["capabilities"][0];
    assert!(caps["file"].as_str().unwrap().ends_with("tools/notes/wardline.caps.jsonc"), "{caps}");
    assert_eq!(caps["digest"].as_str().unwrap().len(), 64);
    assert_eq!(start["body"]["confinement"]["limits"]["processes"], 64);
    assert_eq!(start["body"]["confinement"]["hollow"], true);
}

/// The server outside of the project, where nobody inside writes, with a secret in the caller's environment.
pub(crate) fn with_secret(name: &str, secrets: &str) -> Sealed {
    let world = Sealed::new(name);
    world.write("home/skills/notes/server.py", SERVER);
    world.write("home/skills/notes/wardline.caps.jsonc", MANIFEST);
    world.write("home/skills/other/server.py", SERVER);
    world.write("home/skills/other/wardline.caps.jsonc", MANIFEST);
    let skills = world.path("home/skills");
    world.config(&format!(
        r#"{{"permission": {{"external_directory": {{"{0}/*": "allow"}}, "edit": {{"{0}/*": "deny"}}}},
            "network": {{"allow": ["api.example.com"]}},
            "secrets": {{"NOTES_TOKEN": {secrets}}}}}"#,
        skills.display()
    ));
    world
}

/// `exec` with the caller's variable that holds the secret.
fn run(world: &Sealed, arguments: &[&str]) -> Command {
    let mut command = world.command(arguments);
    command.env("MY_TOKEN", "tok-3141592653");
    command
}

pub(crate) const TO_NOTES: &str =
    r#"{"env": "MY_TOKEN", "to": ["~/skills/notes"], "hosts": ["api.example.com"]}"#;

#[test]
fn a_secret_goes_by_name_to_the_directory_that_the_person_named() {
    if !has_python() {
        return;
    }
    let world = with_secret("caps-secret", TO_NOTES);
    let server = world.path("home/skills/notes/server.py");
    let arguments = ["exec", "--", "/usr/bin/python3", server.to_str().unwrap()];
    let mut session = Server::start(run(&world, &arguments));
    assert_eq!(session.call("environment", "NOTES_TOKEN"), "tok-3141592653");
    assert_eq!(session.call("environment", "MY_TOKEN"), "unset");
    assert!(
        session.call("environment", "PATH").split(':').all(|entry| entry.starts_with("/usr")
            || entry.starts_with("/bin")
            || entry.starts_with("/sbin"))
    );
    let ran = session.end();
    assert!(!ran.stderr.contains("not given"), "{ran:?}");
    // By value it stands nowhere: not in the journal, the state, the manifest that is printed.
    let printed = run(&world, &[&["exec", "--print-manifest"], &arguments[1..]].concat()).output().unwrap();
    let printed = String::from_utf8_lossy(&printed.stdout).into_owned();
    assert!(printed.contains("secrets: NOTES_TOKEN"), "{printed}");
    let state = Command::new("grep").args(["-r", "tok-3141592653"]).arg(world.path("home")).output().unwrap();
    assert!(state.stdout.is_empty() && !printed.contains("tok-3141592653"), "{state:?}");
}

#[test]
fn a_secret_goes_to_nothing_else() {
    if !has_python() {
        return;
    }
    let world = with_secret("caps-no-secret", TO_NOTES);
    let place = |name: &str| world.path(name).to_string_lossy().into_owned();
    let (own, other) = (place("home/skills/notes"), place("home/skills/other"));
    let (manifest, server) = (format!("{own}/wardline.caps.jsonc"), format!("{own}/server.py"));
    let thief = world.write("home/p/thief.py", "import os; print(os.environ.get('NOTES_TOKEN'))");
    let link = world.path("home/p/python3");
    std::os::unix::fs::symlink("/bin/sh", &link).unwrap();
    let (thief, link) = (thief.to_string_lossy(), link.to_string_lossy());
    let print = "import os; print(os.environ.get('NOTES_TOKEN'))";
    // The command line, and why the secret is not given.
    let table: [(&[&str], &str); 8] = [
        (&["--caps", &manifest, "--", "printenv", "NOTES_TOKEN"], "no program of"),
        (&["--caps", &manifest, "--", "/usr/bin/python3", &thief], "no program of"),
        (&["--caps", &manifest, "--", "/usr/bin/python3", "-c", print, &server], "options before the script"),
        (&["--caps", &manifest, "--", "sh", "-s", &server], "options before the script"),
        (
            &["--caps", &manifest, "--env", "PYTHONSTARTUP", "--", "/usr/bin/python3", "-i", &server],
            "options before the script",
        ),
        (&["--", "/usr/bin/python3", &format!("{other}/server.py")], "does not name"),
        (&["--caps", &manifest, "--", "/usr/bin/python3", &format!("{other}/server.py")], "no program of"),
        (&["--caps", &manifest, "--", &link, "-c", "echo $NOTES_TOKEN"], "no program of"),
    ];
    for (arguments, why) in table {
        let arguments = [&["exec"], arguments].concat();
        let mut command = run(&world, &arguments);
        let ran = crate::common::feed(&mut command, b"");
        assert!(!ran.stdout.contains("tok-3141592653"), "{arguments:?}: {ran:?}");
        assert!(
            ran.stderr.contains("secret not given: NOTES_TOKEN") && ran.stderr.contains(why),
            "{arguments:?}: {ran:?}"
        );
    }
}

#[test]
fn a_secret_waits_for_a_directory_that_nobody_inside_writes_and_for_its_hosts() {
    if !has_python() {
        return;
    }
    let to = |rest: &str| format!(r#"{{"env": "MY_TOKEN", "to": ["~/skills/notes"]{rest}}}"#);
    // The secret's line, a further rule, why it is not given.
    let table = [
        (to(""), r#", "edit": {"*/skills/*": "allow"}"#, "whoever writes a program has its secrets"),
        (to(r#", "hosts": ["other.example.com"]"#), "", "it may go to other.example.com only"),
        (to("").replace("MY_TOKEN", "NO_TOKEN"), "", "`NO_TOKEN` is not set"),
        (r#"{"file": "~/token", "to": ["~/skills/notes"]}"#.to_owned(), "", "others may read it"),
        (r#"{"file": "~/nowhere", "to": ["~/skills/notes"]}"#.to_owned(), "", "No such file"),
        (r#"{"env": "MY_TOKEN", "to": ["~/skills/gone"]}"#.to_owned(), "", "does not name"),
    ];
    for (line, rule, why) in table {
        let world = with_secret("caps-conditions", &line);
        world.write("home/token", "tok-3141592653\n");
        let config = world.read("home/.config/wardline/config.jsonc");
        let skills = world.path("home/skills");
        if !rule.is_empty() {
            let shut = format!(r#", "edit": {{"{}/*": "deny"}}"#, skills.display());
            world.config(&config.replace(&shut, rule));
        }
        let server = world.path("home/skills/notes/server.py");
        let ran = crate::common::feed(
            &mut run(&world, &["exec", "--", "/usr/bin/python3", server.to_str().unwrap()]),
            b"",
        );
        assert!(ran.stderr.contains(why), "{line} {rule}: {ran:?}");
    }
    let world = with_secret("caps-file", r#"{"file": "~/token", "to": ["~/skills/notes"]}"#);
    let token = world.write("home/token", "tok-3141592653\n");
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(token, std::fs::Permissions::from_mode(0o600)).unwrap();
    let server = world.path("home/skills/notes/server.py");
    let mut session =
        Server::start(world.command(&["exec", "--", "/usr/bin/python3", server.to_str().unwrap()]));
    assert_eq!(session.call("environment", "NOTES_TOKEN"), "tok-3141592653");
    session.end();
}

#[test]
fn a_manifest_that_is_wrong_stops_the_start() {
    let table = [
        (r#"{"files": {"raed": ["."]}}"#, "wardline.caps.jsonc:1:12: `raed` is not a setting"),
        (r#"{"files": {"read": ["../.."]}}"#, "leaves its directory by `..`"),
        (r#"{"files": {"read": ["out"]}}"#, "it leads to"),
        (r#"{"hosts": ["exa mple.com"]}"#, "is not a host"),
        ("{", "not valid JSON"),
    ];
    for (manifest, why) in table {
        let world = sealed("caps-wrong", manifest);
        std::os::unix::fs::symlink(world.path("home"), world.project().join("tools/notes/out")).unwrap();
        let tool = world.project().join("tools/notes/bin/tool");
        for arguments in [
            vec!["exec", "--", tool.to_str().unwrap()],
            vec!["policy", "caps", "check", "tools/notes/wardline.caps.jsonc"],
        ] {
            let ran = world.run(&arguments);
            assert!(ran.code == if arguments[0] == "exec" { 2 } else { 1 }, "{manifest}: {ran:?}");
            assert!(!ran.stdout.contains("ran\n") && (ran.stderr + &ran.stdout).contains(why), "{manifest}");
        }
    }
    let world = sealed("caps-gone", MANIFEST);
    assert_eq!(world.run(&["exec", "--caps", "nowhere.jsonc", "--", "true"]).code, 2);
}

#[test]
fn the_nearest_manifest_holds_and_a_named_one_besides() {
    let world = sealed("caps-nearest", r#"{"files": {"read": ["."], "execute": ["bin"]}}"#);
    world.write("home/p/tools/notes/bin/deep/wardline.caps.jsonc", "{}");
    world.write("home/p/more.caps.jsonc", r#"{"files": {"read": ["$PROJECT"]}}"#);
    let see = |arguments: &[&str]| {
        let script = "for f in a.txt tools/notes/cache/old; do [ -r $f ] && echo $f; done; true";
        let path = world.unseen("home/p/tools/notes/bin/see.sh", script);
        let ran = world.run(&[arguments, &["--", "sh", path.to_str().unwrap()]].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(see(&["exec"]), ["tools/notes/cache/old"]);
    assert_eq!(see(&["exec", "--caps", "more.caps.jsonc"]), ["tools/notes/cache/old"]);
    // One that nothing lies beside is not looked for: what is in the project sees the project.
    let ran = world.run(&["exec", "--", "cat", "a.txt"]);
    assert_eq!(ran.stdout, "alpha\n", "{ran:?}");
    let ran = world.run(&["exec", "--caps", "more.caps.jsonc", "--", "cat", "a.txt"]);
    assert_eq!(ran.stdout, "alpha\n", "{ran:?}");
    let ran =
        world.run(&["exec", "--caps", "tools/notes/bin/deep/wardline.caps.jsonc", "--", "cat", "a.txt"]);
    assert!(ran.code != 0 && ran.stdout.is_empty(), "{ran:?}");
}

#[test]
fn what_is_asked_for_and_not_given_is_listed() {
    let manifest = r#"{
  "files": { "read": [".", "nowhere", "~/.ssh"], "write": ["/usr"] },
  "hosts": ["closed.example.com", "open.example.com"],
  "secrets": ["TOKEN"],
  "environment": ["NOT_SET"],
  "forwards": ["db"],
  "limits": { "memory": "64G", "processes": 10 }
}"#;
    let world = sealed("caps-check", manifest);
    world.config(r#"{"network": {"allow": ["*.example.com"], "deny": ["closed.example.com"]}}"#);
    let check = ["policy", "caps", "check", "--json", "tools/notes/wardline.caps.jsonc"];
    let ran = world.run(&check);
    assert_eq!(ran.code, 1, "something does not exist: {ran:?}");
    let value: Value = serde_json::from_str(&ran.stdout).unwrap();
    let list: Vec<String> = value["not_given"]
        .as_array()
        .unwrap()
        .iter()
        .map(|thing| {
            format!(
                "{} {} {} {}",
                thing["line"],
                thing["kind"].as_str().unwrap(),
                thing["name"].as_str().unwrap(),
                thing["missing"]
            )
        })
        .collect();
    let expected = [
        "2 files.read nowhere true",
        "2 files.read ~/.ssh false",
        "2 files.write /usr false",
        "5 environment NOT_SET false",
        "7 limits memory false",
        "6 forwards db false",
        "3 hosts closed.example.com false",
        "4 secrets TOKEN false",
    ];
    assert_eq!(list, expected, "{value}");
    let text = world.run(&["policy", "caps", "check", "tools/notes/wardline.caps.jsonc"]).stdout;
    for part in [
        "does not exist:",
        "asked for but not given:",
        "the policy does not show it",
        "8 GiB stands",
        "the policy closes it",
    ] {
        assert!(text.contains(part), "{part}: {text}");
    }
    world.write("home/p/fine.jsonc", r#"{"files": {"read": ["src"]}}"#);
    let ran = world.run(&["policy", "caps", "check", "fine.jsonc"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "everything that it names is given\n"), "{ran:?}");
}
