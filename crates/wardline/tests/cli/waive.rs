//! `wardline waive`: a person's exceptions, made at a terminal, recorded, for one effect, for a while.

use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::Sealed;
use serde_json::Value;

const COMMAND: &str = "rm -rf /srv/old";

/// Runs `wardline` with a terminal of its own and `answer` typed at it.
pub(crate) fn at_terminal(world: &Sealed, arguments: &str, answer: &str) -> (i32, String) {
    at_terminal_in(world, &world.project(), arguments, answer)
}

/// As [`at_terminal`], in another directory.
pub(crate) fn at_terminal_in(
    world: &Sealed,
    directory: &Path,
    arguments: &str,
    answer: &str,
) -> (i32, String) {
    use std::io::Write as _;
    let line = format!("{} {arguments}", env!("CARGO_BIN_EXE_wardline"));
    let mut child = Command::new("script")
        .args(["--quiet", "--return", "--command", &line, "/dev/null"])
        .current_dir(directory)
        .env_clear()
        .env("HOME", world.path("home"))
        .env("USER", "tester")
        .env("PATH", std::env::var_os("PATH").unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(format!("{answer}\n").as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

fn checked(world: &Sealed, command: &str) -> Value {
    let ran = world.run(&["check", "bash", command, "--json", "--confined"]);
    serde_json::from_str(&ran.stdout).unwrap()
}

/// The effect that is refused, as `check` names it.
fn effect(world: &Sealed) -> String {
    let answer = checked(world, "rm -rf /etc");
    assert_eq!(answer.pointer("/decision"), Some(&"deny".into()), "{answer}");
    answer.pointer("/refusals/0/effect").and_then(Value::as_str).unwrap().to_owned()
}

#[test]
fn a_waiver_lifts_one_effect_under_every_spelling_until_it_is_revoked() {
    let world = Sealed::new("waive");
    let effect = effect(&world);
    let (code, text) =
        at_terminal(&world, &format!("waive '{effect}' --reason 'throw-away image' --for 2h"), "y");
    assert_eq!(code, 0, "{text}");
    for spelling in ["rm -rf /etc", "T=/etc; rm -r -f -- \"$T\"", "cd / && rm -rf etc"] {
        let answer = checked(&world, spelling);
        let stopped = answer["refusals"].as_array().unwrap();
        assert!(stopped.iter().all(|it| !it["waived"].is_null()), "{spelling}: {answer}");
        assert!(
            !answer["reasons"].as_array().unwrap().iter().any(|reason| {
                reason["decision"] == "deny" && reason["rule"].as_str().unwrap().starts_with("refuse.")
            }),
            "{spelling}: {answer}"
        );
    }
    assert_eq!(checked(&world, "rm -rf /usr")["decision"], "deny", "another effect is not waived");
    let listed = world.run(&["waive"]);
    assert!(
        listed.stdout.contains("in force") && listed.stdout.contains("throw-away image"),
        "{}",
        listed.stdout
    );
    let rows = world.rows();
    assert!(rows.iter().any(|row| row.to_string().contains("throw-away image")), "it stands in the journal");
    assert_eq!(world.run(&["waive", &effect, "--revoke"]).code, 0);
    assert_eq!(checked(&world, "rm -rf /etc")["decision"], "deny");
    assert_eq!(world.run(&["waive", &effect, "--revoke"]).code, 1, "nothing left to revoke");
}

#[test]
fn a_waiver_needs_a_terminal_a_yes_a_reason_and_an_end() {
    let world = Sealed::new("waive-no");
    let effect = effect(&world);
    let refused = world.run(&["waive", &effect, "--reason", "because"]);
    assert_eq!(refused.code, 2, "{}", refused.stderr);
    assert!(refused.stderr.contains("terminal"), "{}", refused.stderr);
    assert_eq!(at_terminal(&world, &format!("waive '{effect}' --reason because"), "n").0, 20);
    for (arguments, code) in [
        (vec!["waive", &effect], 2),
        (vec!["waive", &effect, "--reason", "x", "--for", "a while"], 2),
        (vec!["waive", &effect, "--reason", "x", "--for", "999days"], 2),
        (vec!["waive", &effect, "--reason", " ", "--for", "1h"], 2),
    ] {
        assert_eq!(world.run(&arguments).code, code, "{arguments:?}");
    }
    assert_eq!(checked(&world, "rm -rf /etc")["decision"], "deny");
    assert_eq!(checked(&world, COMMAND)["decision"], "ask");
}

#[test]
fn an_agent_does_not_waive() {
    let world = Sealed::new("waive-agent");
    let table = [
        "wardline waive 'delete /etc recursive' --reason x",
        "script -qc \"wardline waive 'delete /etc recursive' --reason x\" /dev/null",
        "sh -c 'wardline waive x --reason y'",
    ];
    for command in table {
        assert_eq!(checked(&world, command)["decision"], "deny", "{command}");
    }
    for file in ["home/.local/state/wardline/waivers.jsonl", "home/.config/wardline/config.jsonc"] {
        let path = world.path(file);
        let command = format!("echo x >> {}", path.display());
        assert_eq!(checked(&world, &command)["decision"], "deny", "{command}");
    }
}

#[test]
fn a_damaged_store_waives_nothing_and_says_where() {
    let world = Sealed::new("waive-damaged");
    world.write("home/.local/state/wardline/waivers.jsonl", "{\n");
    let listed = world.run(&["waive"]);
    assert_eq!(listed.code, 2);
    assert!(listed.stderr.contains("waivers.jsonl:1:"), "{}", listed.stderr);
    assert_eq!(checked(&world, "rm -rf /etc")["decision"], "deny");
}
