//! Approvals from another terminal: asked, shown whole, answered, and nothing that an agent could do instead.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{Sealed, feed};
use crate::waive::at_terminal;
use serde_json::{Value, json};

/// Starts the binary with nobody at its terminal, in a session of its own.
pub(crate) fn start(world: &Sealed, arguments: &[&str]) -> Child {
    let mut command = Command::new("setsid");
    command.arg("--wait").arg(env!("CARGO_BIN_EXE_wardline")).args(arguments);
    command.current_dir(world.project()).env_clear().env("HOME", world.path("home")).env("USER", "tester");
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Waits for the one open question; gives it and its digest.
pub(crate) fn question(world: &Sealed) -> (Value, String) {
    let end = Instant::now() + Duration::from_secs(60);
    loop {
        let listed = world.run(&["approve", "--list", "--json"]).stdout;
        if let Some(line) = listed.lines().find(|line| line.contains("\"question\"")) {
            let value: Value = serde_json::from_str(line).unwrap();
            let digest = value.get("digest").and_then(Value::as_str).unwrap().to_owned();
            return (value.get("question").unwrap().clone(), digest);
        }
        assert!(Instant::now() < end, "no question came: {listed}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub(crate) fn ended(child: Child) -> (i32, String) {
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&text).into_owned())
}

pub(crate) const ASKED: [&str; 7] =
    ["exec", "--preset", "supervised", "--on-ask", "wait:60", "--", "./build.sh"];

pub(crate) fn project(name: &str) -> Sealed {
    let world = Sealed::new(name);
    let script = world.write("home/p/build.sh", "#!/bin/sh\necho built > out.txt\n");
    std::fs::set_permissions(script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    world
}

#[test]
fn a_command_waits_for_a_person_at_another_terminal() {
    let world = project("approve");
    for (word, code) in [("--allow", 0), ("--deny", 20)] {
        std::fs::remove_file(world.path("home/p/out.txt")).ok();
        let child = start(&world, &ASKED);
        let (question, digest) = question(&world);
        assert_eq!(question["action"], "./build.sh");
        let id = question["id"].as_str().unwrap();
        assert!(!world.path("home/p/out.txt").exists(), "nothing happens before the answer");
        let arguments =
            if word == "--allow" { format!("{word} {id} --digest {digest}") } else { format!("{word} {id}") };
        let (answered, text) = at_terminal(&world, &format!("approve {arguments}"), "");
        assert_eq!(answered, 0, "{text}");
        let (ended, text) = ended(child);
        assert_eq!(ended, code, "{text}");
        assert_eq!(world.path("home/p/out.txt").exists(), code == 0, "{text}");
    }
    let approvals: Vec<Value> = world
        .rows()
        .into_iter()
        .filter(|row| row["kind"] == "approval")
        .map(|row| row["body"].clone())
        .collect();
    assert_eq!(approvals.len(), 2, "{approvals:?}");
    assert_eq!(approvals[0]["decision"], "allow");
    assert_eq!(approvals[0]["by"], "approve");
    assert_eq!(approvals[1]["decision"], "deny");
}

#[test]
fn questions_are_shown_as_they_come_and_a_yes_needs_what_was_shown() {
    let world = project("approve-attend");
    for (blind, answer, code) in [("run", "run CODE", 0), ("run 0000\ny\nyes", "deny", 20)] {
        std::fs::remove_file(world.path("home/p/out.txt")).ok();
        let child = start(&world, &ASKED);
        let (_, digest) = question(&world);
        let typed = format!("{blind}\n{}\nquit\n", answer.replace("CODE", digest.get(..4).unwrap()));
        // What waits is answered; then nothing does, and the end of the terminal ends it.
        let attended = std::thread::scope(|scope| {
            let attended = scope.spawn(|| at_terminal(&world, "approve", &typed));
            let (ended, text) = ended(child);
            assert_eq!(ended, code, "{text}");
            assert_eq!(world.path("home/p/out.txt").exists(), code == 0, "{text}");
            // `quit` is read at the next question.
            let mut last = start(&world, &ASKED);
            let attended = attended.join().unwrap();
            last.kill().ok();
            last.wait().ok();
            attended
        });
        assert_eq!(attended.0, 0, "{}", attended.1);
        assert!(attended.1.contains("that is no answer"), "{}", attended.1);
        assert!(attended.1.contains("./build.sh"), "{}", attended.1);
    }
}

#[test]
fn nobody_there_is_a_no_with_a_code_of_its_own() {
    let world = project("approve-nobody");
    let table: [(&[&str], &str); 3] = [
        (&["exec", "--preset", "supervised", "--", "./build.sh"], "nobody is there"),
        (&["exec", "--preset", "supervised", "--on-ask", "deny", "--", "./build.sh"], "nobody is there"),
        (
            &["exec", "--preset", "supervised", "--on-ask", "wait:1", "--", "./build.sh"],
            "nobody answered within 1 s",
        ),
    ];
    for (arguments, why) in table {
        let (code, text) = ended(start(&world, arguments));
        assert_eq!(code, 21, "{text}");
        assert!(text.contains(why), "{text}");
        assert!(
            world
                .rows()
                .iter()
                .any(|row| row["body"]["unanswered"].as_str().is_some_and(|text| text.contains(why)))
        );
    }
    assert!(!world.path("home/p/out.txt").exists());
}

#[test]
fn an_answer_needs_the_digest_that_was_shown_and_a_terminal() {
    let world = project("approve-digest");
    let child = start(&world, &ASKED);
    let (question, digest) = question(&world);
    let id = question["id"].as_str().unwrap();
    let refused = world.run(&["approve", "--allow", id]);
    assert_eq!(refused.code, 2, "a digest is due: {refused:?}");
    let other = "0".repeat(64);
    let (code, text) = at_terminal(&world, &format!("approve --allow {id} --digest {other}"), "");
    assert_eq!(code, 1, "{text}");
    let bare = ended(start(&world, &["approve", "--allow", id, "--digest", &digest]));
    assert_eq!(bare.0, 2, "without a terminal: {bare:?}");
    assert!(bare.1.contains("nobody is at a terminal"), "{bare:?}");
    let (code, text) = at_terminal(&world, &format!("approve --deny {id}"), "");
    assert_eq!(code, 0, "{text}");
    assert_eq!(ended(child).0, 20);
    let (code, _) = at_terminal(&world, &format!("approve --allow {id} --digest {digest}"), "");
    assert_eq!(code, 1, "a replay");
}

#[test]
fn a_file_that_is_swapped_after_the_question_is_not_run() {
    let world = project("approve-swap");
    let child = start(&world, &ASKED);
    let (question, digest) = question(&world);
    assert!(
        question["bound"]
            .as_array()
            .unwrap()
            .iter()
            .any(|it| it["path"].as_str().unwrap().ends_with("build.sh"))
    );
    world.write("home/p/build.sh", "#!/bin/sh\necho swapped > out.txt\n");
    let id = question["id"].as_str().unwrap();
    at_terminal(&world, &format!("approve --allow {id} --digest {digest}"), "");
    let (code, text) = ended(child);
    assert_eq!(code, 20, "{text}");
    assert!(text.contains("was changed after the question"), "{text}");
    assert!(!world.path("home/p/out.txt").exists());
}

#[test]
fn what_was_asked_is_shown_whole_and_nothing_in_it_is_hidden() {
    let world = project("approve-shown");
    let long = format!("{}; rm -rf x\tb ", "a".repeat(10_000));
    let arguments = ["exec", "--preset", "supervised", "--on-ask", "wait:60", "--", "./build.sh", &long];
    let child = start(&world, &arguments);
    let (question, _) = question(&world);
    let listed = world.run(&["approve", "--list"]).stdout;
    assert!(!listed.contains('\t'), "{listed}");
    let joined: String = listed.lines().map(|line| line.get(6..).unwrap_or_default()).collect();
    assert!(joined.contains(&"a".repeat(10_000)) && joined.contains("; rm -rf x\\u{9}b"), "{listed}");
    at_terminal(&world, &format!("approve --deny {}", question["id"].as_str().unwrap()), "");
    assert_eq!(ended(child).0, 20);
}

/// The board is not in any session's sight, and an agent without a sandbox may not use the commands that answer.
#[test]
fn an_agent_reaches_neither_the_board_nor_the_commands() {
    let world = project("approve-agent");
    let state = world.path("home/.local/state/wardline");
    let child = start(&world, &ASKED);
    let (question, digest) = question(&world);
    let id = question["id"].as_str().unwrap();
    assert!(state.join("approvals").join(format!("{id}.question")).exists());
    let looks = format!("ls {0}/approvals; echo '{{}}' > {0}/approvals/{id}.answer", state.display());
    let script = world.unseen("home/p/look.sh", &looks);
    let inside = world.run(&["exec", "--", "sh", script.to_str().unwrap()]);
    assert!(!inside.stdout.contains(id), "{inside:?}");
    assert!(!state.join("approvals").join(format!("{id}.answer")).exists(), "{inside:?}");
    for command in [
        format!("wardline approve --allow {id} --digest {digest}"),
        format!("script -qc 'wardline approve --allow {id} --digest {digest}' /dev/null"),
        "/usr/local/bin/wardline mode autopilot".to_owned(),
        "wardline stop".to_owned(),
        "wardline ui".to_owned(),
        format!("cp /tmp/a {}/approvals/{id}.answer", state.display()),
        format!("ln /tmp/a {}/approvals/{id}.answer", state.display()),
    ] {
        for confined in [&["--confined"] as &[&str], &[]] {
            let checked = world.run(&[&["check", "bash", &command] as &[&str], confined].concat());
            assert_eq!(checked.code, 20, "{command}: {checked:?}");
        }
    }
    at_terminal(&world, &format!("approve --deny {id}"), "");
    assert_eq!(ended(child).0, 20);
}

fn hook(world: &Sealed, tool: &str, input: &Value) -> Command {
    let call = json!({
        "session_id": "s", "cwd": world.project(), "hook_event_name": "PreToolUse", "permission_mode": "default",
        "tool_name": tool, "tool_input": input, "tool_use_id": "t1",
    });
    // Between the hook and this test, as an agent is between the hook and the person.
    let mut command = Command::new("setsid");
    command
        .args(["--fork", "--wait", env!("CARGO_BIN_EXE_wardline"), "hook", "claude"])
        .current_dir(world.project());
    command.env_clear().env("HOME", world.path("home")).env("USER", "tester");
    command.env("PATH", std::env::var_os("PATH").unwrap());
    std::fs::write(world.path("call.json"), call.to_string()).unwrap();
    command.stdin(std::fs::File::open(world.path("call.json")).unwrap());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A hook on its own waits longer than its own deadline, and shows the difference that an edit would make.
#[test]
fn a_hook_waits_for_the_answer_and_shows_the_difference() {
    let world = project("approve-hook");
    world.config(r#"{"preset": "supervised", "on_ask": "wait:120"}"#);
    let input = json!({"file_path": "a.txt", "old_string": "alpha", "new_string": "beta"});
    let child = hook(&world, "Edit", &input).spawn().unwrap();
    let (question, digest) = question(&world);
    let patch = question["edits"][0]["patch"].as_str().unwrap();
    assert!(patch.contains("-alpha") && patch.contains("+beta"), "{question}");
    std::thread::sleep(Duration::from_secs(11));
    let id = question["id"].as_str().unwrap();
    let (code, text) = at_terminal(&world, &format!("approve --allow {id} --digest {digest}"), "");
    assert_eq!(code, 0, "{text}");
    let (code, text) = ended(child);
    assert_eq!(code, 0, "{text}");
    assert!(text.contains("\"permissionDecision\":\"allow\""), "{text}");
}

#[test]
fn a_mode_is_switched_while_a_session_goes_on() {
    let world = project("approve-mode");
    let input = json!({"file_path": "a.txt", "content": "x\n"});
    let mode = |arguments: &str| {
        let (code, text) = at_terminal(&world, &format!("mode {arguments}"), "");
        assert_eq!(code, 0, "{text}");
        text
    };
    decided_by(&world, "Write", &input, "allow");
    mode("supervised");
    decided_by(&world, "Write", &input, "ask");
    mode("autopilot --session s");
    decided_by(&world, "Write", &input, "allow");
    mode("policy --session s");
    decided_by(&world, "Write", &input, "ask");
    assert!(mode("").contains("supervised"));
    mode("policy");
    decided_by(&world, "Write", &input, "allow");
    let refused = ended(start(&world, &["mode", "autopilot"]));
    assert_eq!(refused.0, 2, "without a terminal: {refused:?}");
    assert_eq!(
        world.rows().iter().filter(|row| row["kind"] == "override").count(),
        4,
        "each switch is on record"
    );
}

fn decided_by(world: &Sealed, tool: &str, input: &Value, expected: &str) {
    let (code, text) = ended(hook(world, tool, input).spawn().unwrap());
    let said: Value = serde_json::from_str(text.lines().next().unwrap_or_default()).unwrap_or_default();
    let word = said.pointer("/hookSpecificOutput/permissionDecision").and_then(Value::as_str);
    assert_eq!(word, Some(expected), "{code} {text}");
}

/// Too many questions pause the session until a person lets it go on.
#[test]
fn a_flood_of_questions_pauses_the_session() {
    let world = project("approve-flood");
    world.config(r#"{"preset": "supervised", "on_ask": "wait:1"}"#);
    let state = world.path("home/.local/state/wardline");
    let mut paused = false;
    std::thread::scope(|scope| {
        let asks: Vec<_> = (0..33)
            .map(|number| {
                let input = json!({"file_path": format!("{number}.txt"), "content": "x"});
                let call = json!({"session_id": "flood", "permission_mode": "default", "cwd": world.project(), "hook_event_name": "PreToolUse",
                                  "tool_name": "Write", "tool_input": input, "tool_use_id": number.to_string()});
                let mut command = world.command(&["hook", "claude"]);
                scope.spawn(move || feed(&mut command, call.to_string().as_bytes()).stderr)
            })
            .collect();
        for ask in asks {
            paused |= ask.join().unwrap().contains("paused");
        }
    });
    assert!(paused && state.join("approvals/paused").read_dir().unwrap().next().is_some());
    let listed = world.run(&["approve", "--list"]).stdout;
    assert!(listed.contains("paused: flood"), "{listed}");
    let read = json!({"session_id": "flood", "permission_mode": "default", "cwd": world.project(), "hook_event_name": "PreToolUse", "tool_name": "Read",
                      "tool_input": {"file_path": "a.txt"}, "tool_use_id": "r"});
    let ran = feed(&mut world.command(&["hook", "claude"]), read.to_string().as_bytes());
    assert!(ran.stderr.contains("session.paused"), "everything waits: {ran:?}");
    let (code, text) = at_terminal(&world, "approve --resume flood", "");
    assert_eq!(code, 0, "{text}");
    let ran = feed(&mut world.command(&["hook", "claude"]), read.to_string().as_bytes());
    assert!(ran.stdout.contains("\"allow\""), "{ran:?}");
}

/// A rule of the project's is left from a question, with an end, after a look at it; the question is answered and not put again.
#[test]
fn a_rule_is_left_from_a_question() {
    let world = Sealed::new("approve-rule");
    let before = "{\n  // mine\n  \"permission\": { \"bash\": { \"date *\": \"ask\" /* late? */ } }\n}\n";
    world.config(before);
    let ask = ["exec", "--on-ask", "wait:60", "--", "date", "+%j"];
    for (words, holds) in [("user 7d", false), ("user 7d", true), ("project 7d", true)] {
        let child = start(&world, &ask);
        let (_, digest) = question(&world);
        let code = digest.get(..4).unwrap();
        let given = if holds { format!("give {code}") } else { format!("give\nrun {code}") };
        let typed = format!("rule 9 user\nrule 1 moon\nrule 1 {words}\n{given}\nquit\n");
        let (ended, attended) = std::thread::scope(|scope| {
            let attended = scope.spawn(|| at_terminal(&world, "approve", &typed));
            let ended = ended(child);
            // `quit` is read at the next question.
            world.config(before);
            let mut last = start(&world, &["exec", "--on-ask", "wait:60", "--", "date", "+%U"]);
            let attended = attended.join().unwrap();
            last.kill().ok();
            last.wait().ok();
            (ended, attended)
        });
        assert_eq!(ended.0, 0, "{}\n{}", ended.1, attended.1);
        for said in ["no rule of that number", "write rule NUMBERS", "would have let through"] {
            assert!(attended.1.contains(said), "{}", attended.1);
        }
    }
    let rows = world.rows();
    let given: Vec<&Value> = rows.iter().filter(|row| row.pointer("/body/rules").is_some()).collect();
    assert_eq!(given.len(), 2, "each is on record");
    assert_eq!(given[0]["body"]["rules"][0], "date +%j");
    // The user's file was put back above; the project's rule is there, and answers.
    let (code, text) = ended(start(&world, &["exec", "--", "date", "+%j"]));
    assert_eq!(code, 0, "{text}");
    let (code, _) = ended(start(&world, &["exec", "--", "date", "+%U"]));
    assert_eq!(code, 21, "another command is asked as before");
}

/// A rule for a session answers in it, and ends with it: the next one is asked as before.
#[test]
fn a_rule_for_a_session_ends_with_it() {
    let world = Sealed::new("approve-session-rule");
    world.config(r#"{ "permission": { "bash": { "date *": "ask" } }, "on_ask": "wait:60" }"#);
    let give = |asking: Child| {
        let (_, digest) = question(&world);
        let code = digest.get(..4).unwrap();
        let typed = format!("rule 1 session\ngive {code}\nquit\n");
        std::thread::scope(|scope| {
            let attended = scope.spawn(|| at_terminal(&world, "approve --plain", &typed));
            let ended = ended(asking);
            // `quit` is read at the next question.
            let mut last = start(&world, &["exec", "--on-ask", "wait:60", "--", "date", "+%U"]);
            let said = attended.join().unwrap().1;
            last.kill().ok();
            last.wait().ok();
            (ended, said)
        })
    };
    let call = json!({"command": "date +%j"});
    let ((code, text), said) = give(hook(&world, "Bash", &call).spawn().unwrap());
    assert!(code == 0 && text.contains("\"permissionDecision\":\"allow\""), "{text}\n{said}");
    decided_by(&world, "Bash", &call, "allow");
    // Another session of the same agent, and one of another kind.
    world.config(r#"{ "permission": { "bash": { "date *": "ask" } }, "on_ask": "wait:1" }"#);
    let other = json!({
        "session_id": "t", "cwd": world.project(), "hook_event_name": "PreToolUse", "permission_mode": "default",
        "tool_name": "Bash", "tool_input": call, "tool_use_id": "t2",
    });
    let ran = feed(&mut world.command(&["hook", "claude"]), other.to_string().as_bytes());
    assert!(!ran.stdout.contains("\"allow\""), "{ran:?}");
    assert_eq!(ended(start(&world, &["exec", "--", "date", "+%j"])).0, 21);
    // A command is a session of its own: what was left with it is gone with it.
    let asking = start(&world, &["exec", "--on-ask", "wait:60", "--", "date", "+%j"]);
    let ((code, text), said) = give(asking);
    assert_eq!(code, 0, "{text}\n{said}");
    assert_eq!(ended(start(&world, &["exec", "--", "date", "+%j"])).0, 21, "asked again");
}

/// The person's session bus is called, once a question, and not where they turned it off.
#[test]
fn the_desktop_is_told() {
    use std::io::{Read as _, Write as _};
    let world = project("approve-desktop");
    let socket = world.path("home/bus");
    let bus = std::os::unix::net::UnixListener::bind(&socket).unwrap();
    bus.set_nonblocking(true).unwrap();
    for (config, told) in [("{}", true), (r#"{ "notify": "off" }"#, false)] {
        world.config(config);
        let mut command = Command::new("setsid");
        command.arg("--wait").arg(env!("CARGO_BIN_EXE_wardline")).args(ASKED).current_dir(world.project());
        command.env_clear().env("HOME", world.path("home")).env("USER", "tester");
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", socket.display()));
        let child =
            command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (asked, _) = question(&world);
        if told {
            let end = Instant::now() + Duration::from_secs(60);
            let mut caller = loop {
                match bus.accept() {
                    Ok((caller, _)) => break caller,
                    Err(e) => assert!(Instant::now() < end, "nobody called: {e}"),
                }
                std::thread::sleep(Duration::from_millis(20));
            };
            caller.set_nonblocking(false).unwrap();
            caller.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
            // The bus lets it in, and answers its first call.
            caller.write_all(b"OK 0\r\nl\x02\x01\x01\0\0\0\0\x01\0\0\0\0\0\0\0").unwrap();
            let (mut heard, mut byte) = (Vec::new(), [0]);
            while !heard.ends_with(b"or in the page.") {
                caller.read_exact(&mut byte).unwrap();
                heard.extend(byte);
            }
            let heard = String::from_utf8_lossy(&heard).into_owned();
            let session = asked["session"].as_str().unwrap();
            assert!(heard.contains("A question waits") && heard.contains(session), "{heard:?}");
            assert!(!heard.contains("build.sh"), "nothing of what is asked: {heard:?}");
        }
        at_terminal(&world, &format!("approve --deny {}", asked["id"].as_str().unwrap()), "");
        assert_eq!(ended(child).0, 20);
        assert!(bus.accept().is_err(), "{config}");
    }
}
