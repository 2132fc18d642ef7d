//! `wardline exec`: the policy decides, the kernel bounds, the journal knows.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::common::{Ran, Sealed, there};

fn exec(world: &Sealed, script: &str) -> Ran {
    world.run(&["exec", "--", "sh", "-c", script])
}

#[test]
fn exit_codes_are_the_commands_own() {
    let world = Sealed::new("exec");
    let table: [(&[&str], i32); 9] = [
        (&["true"], 0),
        (&["false"], 1),
        (&["sh", "-c", "exit 42"], 42),
        (&["sh", "-c", "kill -9 $$"], 137),
        (&["no-such-program"], 127),
        (&["cat", ".env"], 21),
        (&["git", "push"], 21),
        (&["rm", "-rf", "../elsewhere"], 21),
        (&["rm", "-rf", "/etc"], 20),
    ];
    for (argv, code) in table {
        let ran = world.run(&[&["exec", "--"], argv].concat());
        assert_eq!(ran.code, code, "{argv:?}: {ran:?}");
    }
}

/// Scripts that say `ok` when the work of every day goes on inside.
#[test]
fn ordinary_work_goes_on() {
    let world = Sealed::new("exec-works");
    let table = [
        ("edit a project file", "echo beta >> a.txt && grep -q beta a.txt && echo ok"),
        ("make directories", "mkdir -p deep/er && touch deep/er/f && echo ok"),
        ("a private temporary directory", "f=$(mktemp) && echo x > $f && cat $f >/dev/null && echo ok"),
        ("a private home", "sh private.sh"),
        ("pipes and jobs", "seq 100 | sort -r | head -1 | grep -qx 99 && (sleep 0.1 & wait) && echo ok"),
        (
            "git commit",
            "git -c user.name=t -c user.email=t@t commit -q --allow-empty -m x && git log --oneline | grep -q x && echo ok",
        ),
        ("the example file", "cat .env.example >/dev/null && echo ok"),
    ];
    world.unseen("home/p/private.sh", "echo x > ~/scratch && cat ~/scratch >/dev/null && echo ok");
    for (name, script) in table {
        let ran = exec(&world, script);
        assert!(ran.stdout.contains("ok"), "{name}: {ran:?}");
    }
    assert!(world.read("home/p/a.txt").contains("beta"), "the project is the real one");
    assert!(!there(&world.path("home/scratch")), "the home was not");
}

/// What a command does that its text does not say: the policy lets it start, the kernel stops it.
#[test]
fn the_kernel_stops_what_the_text_does_not_say() {
    let world = Sealed::new("exec-stops");
    world.write("home/p/.git/hooks/pre-commit.sample", "");
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    // The attack stands in a file, so that nothing of it is in the command line.
    let attacks = [
        ("read .env", "cat .env", "ENV-SECRET"),
        ("read a nested .env", "cat a/.env.local", "LOCAL-SECRET"),
        ("read a key in the project", "cat id_rsa", "RSA-SECRET"),
        ("read a key at home", "cat ~/.ssh/id_ed25519", "KEY-SECRET"),
        ("read another file at home", "cat ~/outside.txt", "HOME-SECRET"),
        ("read the shadow file", "cat /etc/shadow", "root:"),
        ("copy .env elsewhere first", "cp .env b; cat b", "ENV-SECRET"),
        ("rename .env", "mv .env b; cat b", "ENV-SECRET"),
        ("link .env", "ln .env b; cat b", "ENV-SECRET"),
        ("plant a hook", "echo x > .git/hooks/pre-commit && echo DONE", "DONE"),
        ("change git's settings", "git config core.hooksPath /tmp", "NEVER"),
        ("write outside", "echo x > ../planted", "NEVER"),
        ("see the environment of others", "cat /proc/[0-9]*/environ | tr '\\0' '\\n'", "CANARY=1"),
    ];
    for (name, attack, loot) in attacks {
        world.unseen("home/p/attack.sh", attack);
        let mut command = world.command(&["exec", "--", "sh", "attack.sh"]);
        let ran = crate::common::feed(command.env("CANARY", "1"), b"");
        assert!(!format!("{}{}", ran.stdout, ran.stderr).contains(loot), "{name}: {ran:?}");
    }
    world.unseen(
        "home/p/attack.sh",
        &format!("python3 - <<'E'\nimport socket\nfor p in ({port}, 80):\n  try:\n    socket.create_connection(('127.0.0.1', p), 2); print('REACHED')\n  except OSError as e: print(e)\nE\n"),
    );
    let ran = exec(&world, "sh attack.sh");
    assert!(!ran.stdout.contains("REACHED"), "the host's loopback: {ran:?}");
    for file in ["home/planted", "home/p/.git/hooks/pre-commit"] {
        assert!(!there(&world.path(file)), "{file} was planted");
    }
    assert!(!world.git(&["config", "--list"]).contains("hookspath"), "git's settings were changed");
    assert_eq!(world.read("home/p/.env"), "ENV-SECRET\n");
}

#[test]
fn thousands_of_files_that_run_later_are_each_held() {
    let world = Sealed::new("exec-thousands");
    const FILES: usize = 2_200;
    let part = |number: usize| format!("home/p/part-{number}/.envrc");
    for number in 0..FILES {
        world.write(&part(number), "safe");
    }
    world.unseen(
        "home/p/all.sh",
        "for f in part-*/.envrc; do (echo bad > $f) 2>/dev/null || echo held; done; mv part-9 part-x || echo stays",
    );
    let ran = exec(&world, "sh all.sh");
    let count = |word: &str| ran.stdout.lines().filter(|line| *line == word).count();
    assert_eq!((count("held"), count("stays")), (FILES, 1), "{}", ran.stderr);
    assert!((0..FILES).all(|number| world.read(&part(number)) == "safe"));
}

#[test]
fn a_protected_file_that_was_not_there_does_not_stay() {
    let world = Sealed::new("exec-appears");
    let plant = "mkdir -p .claude .vscode; echo '{}' > .claude/settings.json; echo '{}' > .vscode/tasks.json; echo x > .envrc";
    world.unseen("home/p/plant.sh", plant);
    exec(&world, "sh plant.sh");
    for file in [".claude/settings.json", ".vscode/tasks.json", ".envrc"] {
        assert!(!there(&world.project().join(file)), "{file} stayed");
    }
    let outcome = world.rows().into_iter().find(|row| row["kind"] == "outcome").unwrap();
    assert_eq!(outcome["body"]["appeared"].as_array().unwrap().len(), 3, "{outcome}");
}

#[test]
fn a_named_forward_leads_to_the_host_and_no_other_port_does() {
    let world = Sealed::new("exec-forward");
    let open = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = open.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        use std::io::Write as _;
        let (mut stream, _) = open.accept().unwrap();
        stream.write_all(b"REACHED\n").unwrap();
    });
    let script = format!("import socket; print(socket.create_connection(('127.0.0.1', {port}), 5).recv(9))");
    let forward = port.to_string();
    let ran = world.run(&["exec", "--forward", &forward, "--", "python3", "-c", &script]);
    assert!(ran.stdout.contains("REACHED"), "{ran:?}");
    server.join().unwrap();
    let egress: Vec<_> = world.rows().into_iter().filter(|row| row["kind"] == "egress").collect();
    assert_eq!(egress.len(), 1);
    assert_eq!(egress[0]["body"]["because"], format!("--forward {port}"));
}

#[test]
fn a_refused_connection_says_why_and_is_recorded() {
    let world = Sealed::new("exec-egress");
    let script = "import urllib.request as u\ntry: u.urlopen('http://blocked.example/')\nexcept Exception as e: print(e.code, e.read().decode())";
    world.write("home/p/get.py", script);
    let ran = world.run(&["exec", "--", "python3", "get.py"]);
    assert!(ran.stdout.starts_with("403") && ran.stdout.contains("--allow-host blocked.example"), "{ran:?}");
    let rows = world.rows();
    let row = rows.iter().find(|row| row["kind"] == "egress").unwrap();
    assert_eq!(
        (&row["body"]["decision"], &row["body"]["host"]),
        (&"deny".into(), &"blocked.example:80".into())
    );
}

#[test]
fn the_decision_stands_before_the_outcome() {
    let world = Sealed::new("exec-order");
    exec(&world, "touch made");
    let kinds: Vec<String> =
        world.rows().iter().map(|row| row["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["intent", "session_start", "outcome"]);
    assert_eq!(world.run(&["log", "verify"]).code, 0);
}

#[test]
fn without_a_journal_nothing_starts() {
    let world = Sealed::new("exec-journal");
    fs::create_dir_all(world.journal()).unwrap();
    let ran = exec(&world, "touch made");
    assert_ne!(ran.code, 0);
    assert!(!there(&world.path("home/p/made")), "{ran:?}");
}

#[test]
fn the_environment_is_a_list() {
    let world = Sealed::new("exec-env");
    let mut command = world.command(&["exec", "--env", "WANTED", "--", "env"]);
    command.env("WANTED", "yes").env("GITHUB_TOKEN", "no").env("LD_PRELOAD", "/no.so").env("BASH_ENV", "/no");
    let ran = crate::common::feed(&mut command, b"");
    assert!(ran.stdout.contains("WANTED=yes"), "{ran:?}");
    for name in ["GITHUB_TOKEN", "LD_PRELOAD", "BASH_ENV"] {
        assert!(!ran.stdout.contains(name), "{name}: {ran:?}");
    }
}

/// The stage is a copy of the caller, and must not carry the caller's secrets to where the program is.
#[test]
fn the_stage_forgets_the_callers_environment() {
    let world = Sealed::new("exec-forgets");
    let script = "cat /proc/1/environ; echo up > up; until [ -e down ]; do sleep 0.05; done";
    world.unseen("home/p/look.sh", script);
    let mut command = world.command(&["exec", "--", "sh", "look.sh"]);
    command.env("GITHUB_TOKEN", "ghp_of_the_caller").stdin(Stdio::null()).stdout(Stdio::piped());
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    let begin = Instant::now();
    while !there(&world.path("home/p/up")) && begin.elapsed() < Duration::from_secs(60) {
        std::thread::sleep(Duration::from_millis(20));
    }
    let family = descendants(child.id());
    let telling: Vec<u32> = family
        .iter()
        .copied()
        .filter(|pid| {
            let environment = fs::read(format!("/proc/{pid}/environ")).unwrap_or_default();
            String::from_utf8_lossy(&environment).contains("ghp_of_the_caller")
        })
        .collect();
    world.write("home/p/down", "");
    let mut said = String::new();
    std::io::Read::read_to_string(&mut child.stdout.take().unwrap(), &mut said).unwrap();
    child.wait().unwrap();
    assert!(family.len() >= 3, "keeper, init and program: {family:?}");
    assert!(telling.is_empty(), "{telling:?} of {family:?} know the secret");
    assert!(!said.contains("ghp_"), "{said}");
}

/// The processes that come from `ancestor`.
fn descendants(ancestor: u32) -> Vec<u32> {
    let parent = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse::<u32>().ok()
    };
    let all = fs::read_dir("/proc").unwrap().flatten();
    let pids: Vec<u32> = all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    let comes = |pid: &u32| {
        std::iter::successors(parent(*pid), |pid| parent(*pid)).take(64).any(|above| above == ancestor)
    };
    pids.into_iter().filter(comes).collect()
}

#[test]
fn the_home_directory_is_no_workspace() {
    let world = Sealed::new("exec-home");
    let mut command = world.command(&["exec", "--", "true"]);
    let ran = crate::common::feed(command.current_dir(world.path("home")), b"");
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("too wide"), "{ran:?}");
}

#[test]
fn a_readonly_preset_makes_the_project_read_only() {
    let world = Sealed::new("exec-readonly");
    world.unseen("home/p/write.sh", "echo x > new && echo DONE");
    let ran = world.run(&["exec", "--preset", "readonly", "--", "cat", "a.txt"]);
    assert_eq!(ran.stdout, "alpha\n", "{ran:?}");
    world.run(&["exec", "--preset", "readonly", "--", "sh", "write.sh"]);
    assert!(!there(&world.path("home/p/new")));
}

#[test]
fn a_rule_of_the_user_binds_the_kernel_too() {
    let world = Sealed::new("exec-lower");
    world
        .config(r#"{"permission": {"edit": {"src/*": "deny"}, "read": {"a.txt": "deny", ".env": "allow"}}}"#);
    world.unseen("home/p/try.sh", "cat a.txt; echo x >> src/lib.txt; cat .env");
    fs::set_permissions(world.path("home/p/try.sh"), fs::Permissions::from_mode(0o755)).unwrap();
    let ran = world.run(&["exec", "--", "./try.sh"]);
    assert!(!ran.stdout.contains("alpha"), "{ran:?}");
    assert!(ran.stdout.contains("ENV-SECRET"), "opened by a rule that names it: {ran:?}");
    assert_eq!(world.read("home/p/src/lib.txt"), "lib\n");
}

/// Ways by which git on the host would find a program that was planted inside.
#[test]
fn git_on_the_host_runs_nothing_that_was_planted() {
    let evil = r##"mkdir -p evil && cp -r .git/objects .git/refs .git/HEAD evil/ 2>/dev/null
printf '[core]\n\tfsmonitor = "%s/pwn.sh"\n\trepositoryformatversion = 0\n' "$PWD" > evil/config
printf '#!/bin/sh\ntouch %s/owned\n' "$PWD" > pwn.sh; chmod +x pwn.sh
"##;
    let table = [
        ("a common directory elsewhere", true, "echo ../evil > .git/commondir"),
        (
            "a pointer instead of a repository",
            false,
            "mkdir -p evil/objects evil/refs; echo 'ref: refs/heads/x' > evil/HEAD; echo 'gitdir: evil' > .git",
        ),
        (
            "a closed directory",
            false,
            "mkdir -p .git/objects .git/refs .git/hooks; echo 'ref: refs/heads/x' > .git/HEAD; cp evil/config .git/config; chmod 0311 .git",
        ),
    ];
    for (name, repository, plant) in table {
        let world = Sealed::new("exec-git");
        if !repository {
            fs::remove_dir_all(world.project().join(".git")).unwrap();
            world.write("home/p/wardline.jsonc", "{}");
        }
        world.unseen("home/p/plant.sh", &format!("{evil}{plant}"));
        let ran = exec(&world, "sh plant.sh");
        world.git(&["status"]);
        assert!(!there(&world.path("home/p/owned")), "{name}: {ran:?}");
    }
}

#[test]
fn a_socket_of_the_host_in_the_project_is_out_of_reach() {
    let world = Sealed::new("exec-socket");
    let _listener = std::os::unix::net::UnixListener::bind(world.path("home/p/host.sock")).unwrap();
    world.write(
        "home/p/call.py",
        "import socket\ns = socket.socket(socket.AF_UNIX)\ns.connect('host.sock')\nprint('REACHED')\n",
    );
    let ran = world.run(&["exec", "--", "python3", "call.py"]);
    assert!(!ran.stdout.contains("REACHED"), "{ran:?}");
}

#[test]
fn secrets_among_other_peoples_code_are_masked_too() {
    let world = Sealed::new("exec-foreign");
    for file in ["target/.env", "node_modules/a/.env", ".venv/id_rsa"] {
        world.write(&format!("home/p/{file}"), "FOREIGN-SECRET\n");
    }
    world.write("home/p/node_modules/a/test.pem", "a fixture\n");
    world.unseen(
        "home/p/look.sh",
        "cat target/.env node_modules/a/.env .venv/id_rsa; cat node_modules/a/test.pem",
    );
    let ran = exec(&world, "sh look.sh");
    assert!(!ran.stdout.contains("FOREIGN-SECRET"), "{ran:?}");
    assert!(ran.stdout.contains("a fixture"), "a test's certificate is no secret: {ran:?}");
}

#[test]
fn a_quarantined_file_is_named() {
    let world = Sealed::new("exec-told");
    world.unseen("home/p/plant.sh", "echo x > .envrc");
    let ran = exec(&world, "sh plant.sh");
    assert!(ran.stderr.contains("held back") && ran.stderr.contains(".envrc"), "{ran:?}");
}

#[test]
fn a_rule_about_what_is_not_there_yet_binds_the_kernel_too() {
    let world = Sealed::new("exec-later");
    world.config(
        r#"{"permission": {"edit": {"vendor/*": "deny", "migrations/*": "ask", "new.txt": "deny"}}}"#,
    );
    world.write("home/p/migrations/1.sql", "one\n");
    world.unseen(
        "home/p/write.sh",
        "mkdir -p vendor; for f in vendor/new migrations/2.sql new.txt fine.txt; do echo x > $f; done",
    );
    exec(&world, "sh write.sh");
    for (file, stays) in
        [("vendor/new", false), ("migrations/2.sql", false), ("new.txt", false), ("fine.txt", true)]
    {
        assert_eq!(there(&world.project().join(file)), stays, "{file}");
    }
}

/// A question before the change would be asked twice: the change itself waits for a person.
#[test]
fn what_is_held_back_needs_no_question_before() {
    let world = Sealed::new("exec-held");
    world.write("home/p/AGENTS.md", "be kind\n");
    let ran = exec(&world, "echo be quick >> AGENTS.md && cat AGENTS.md");
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "be kind\nbe quick\n"), "{ran:?}");
    assert_eq!(world.read("home/p/AGENTS.md"), "be kind\n", "the host has it only when a person accepts it");
    assert!(ran.stderr.contains("AGENTS.md") && ran.stderr.contains("wardline quarantine"), "{ran:?}");
}

/// With and without something that is held back: files change directories by one call.
#[test]
fn files_move_between_directories() {
    for held in [false, true] {
        let world = Sealed::new("exec-moves");
        if held {
            world.write("home/p/Makefile", "all:\n");
        }
        let script =
            "mkdir m n && echo x > m/f && ln m/f n/g && perl -e 'rename \"m/f\", \"n/h\" or die $!' && ls n";
        world.unseen("home/p/move.sh", script);
        let ran = world.run(&["exec", "--", "sh", "move.sh"]);
        assert_eq!((ran.code, ran.stdout.as_str()), (0, "g\nh\n"), "{held}: {ran:?}");
    }
}
