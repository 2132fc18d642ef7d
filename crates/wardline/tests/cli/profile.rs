//! A profile that holds in a repository because the person's file says so: in every command that decides.

use serde_json::Value;

use crate::common::{Ran, Sealed, there};

/// Two profiles, and line 4 is the line of `repositories`.
fn config(world: &Sealed, lines: &str) {
    world.config(&format!(
        "{{\"profiles\": {{\n\"strict\": {{\"permission\": {{\"bash\": {{\"ls *\": \"deny\"}}, \"edit\": {{\"kept.txt\": \"deny\"}}}}}},\n\
         \"loose\": {{}}}},\n\"repositories\": {{{lines}}}}}"
    ));
}

const STRICT: &str = r#""~/p": {"profile": "strict"}"#;
const CALL: &str = r#"{"hook_event_name":"tool.execute.before","session_id":"x","call_id":"c1","tool_name":"bash","tool_input":{"command":"ls a"}}"#;

/// The ways to put `ls` to the policy, and whether it was refused.
fn ways(world: &Sealed) -> Vec<(&'static str, bool, Ran)> {
    world.write("home/p/call.json", CALL);
    let inside = format!("{} hook plugin < call.json", env!("CARGO_BIN_EXE_wardline"));
    let denies = |ran: &Ran| ran.stdout.contains("\"decision\":\"deny\"");
    let check = world.run(&["check", "bash", "ls a"]);
    let batch = world.feed(&["check", "--batch"], r#"{"permission": "bash", "target": "ls a"}"#);
    let exec = world.run(&["exec", "--", "ls", "a"]);
    let run = world.run(&["run", "--quiet", "--", "sh", "-c", &inside]);
    let hook = world.feed(&["hook", "plugin"], CALL);
    vec![
        ("check", check.code == 20, check),
        ("check --batch", denies(&batch), batch),
        ("exec", exec.code == 20, exec),
        ("run", denies(&run), run),
        ("hook", denies(&hook), hook),
    ]
}

#[test]
fn it_holds_in_every_command_that_decides() {
    let world = Sealed::new("repository-profile");
    let table = [
        ("", false),
        (STRICT, true),
        (r#""~/elsewhere": {"profile": "strict"}"#, false),
        (r#""~/*": {"profile": "strict"}, "~/p": {"profile": "loose"}"#, false),
    ];
    for (lines, refused) in table {
        config(&world, lines);
        for (way, was_refused, ran) in ways(&world) {
            assert_eq!(was_refused, refused, "{way} with {lines}: {ran:?}");
        }
    }
}

#[test]
fn it_binds_the_kernel_too() {
    let world = Sealed::new("repository-profile-kernel");
    config(&world, STRICT);
    let script = "echo x > kept.txt; echo x > other.txt";
    world.run(&["run", "--quiet", "--", "sh", "-c", script]);
    assert_eq!(
        (there(&world.path("home/p/kept.txt")), there(&world.path("home/p/other.txt"))),
        (false, true)
    );
}

#[test]
fn the_command_line_wins() {
    let world = Sealed::new("repository-profile-flag");
    config(&world, STRICT);
    let table: [(&[&str], i32); 4] = [
        (&["check", "bash", "ls a"], 20),
        (&["check", "bash", "ls a", "--profile", "loose"], 0),
        (&["exec", "--", "ls", "a.txt"], 20),
        (&["exec", "--profile", "loose", "--", "ls", "a.txt"], 0),
    ];
    for (arguments, code) in table {
        let ran = world.run(arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {ran:?}");
    }
}

#[test]
fn a_repository_inside_of_it_does_not_shed_it() {
    let world = Sealed::new("repository-profile-nested");
    config(&world, STRICT);
    std::fs::create_dir_all(world.path("home/p/src/.git")).unwrap();
    let mut command = world.command(&["check", "bash", "ls a"]);
    let ran = crate::common::feed(command.current_dir(world.path("home/p/src")), b"");
    assert_eq!(ran.code, 20, "{ran:?}");
}

#[test]
fn show_says_which_one_holds_and_where_that_is_written() {
    let world = Sealed::new("repository-profile-show");
    config(&world, STRICT);
    let file = world.path("home/.config/wardline/config.jsonc");
    let shown = world.run(&["policy", "show"]).stdout;
    assert!(shown.starts_with(&format!("profile strict by {}:4\n", file.display())), "{shown}");
    let shown = world.run(&["policy", "show", "--profile", "loose"]).stdout;
    assert!(shown.starts_with("profile loose by command line\n"), "{shown}");
    let shown: Value = serde_json::from_str(&world.run(&["policy", "show", "--json"]).stdout).unwrap();
    let profile = &shown["profiles"][0];
    assert_eq!((&profile["name"], &profile["line"]), (&"strict".into(), &4.into()));
    assert_eq!(profile["file"], file.to_str().unwrap());
    config(&world, "");
    let shown = world.run(&["policy", "show"]).stdout;
    assert!(!shown.starts_with("profile"), "{shown}");
}

#[test]
fn what_cannot_hold_refuses_with_its_line() {
    let world = Sealed::new("repository-profile-unknown");
    std::os::unix::fs::symlink(world.path("home"), world.path("home/link")).unwrap();
    let file = world.path("home/.config/wardline/config.jsonc").display().to_string();
    let real = world.path("home/p").display().to_string();
    let link = world.path("home/link/p").display().to_string();
    let table = [
        (
            r#""~/p": {"profile": "strct"}"#,
            "4:18: there is no profile `strct`; known profiles: loose, strict".to_owned(),
        ),
        (
            r#""~/link/p": {"profile": "strict"}"#,
            format!(
                "4:18: `{link}` leads to `{real}`, and a repository is known by its real path; write the real path"
            ),
        ),
    ];
    for (lines, expected) in table {
        config(&world, lines);
        for arguments in [
            ["check", "bash", "ls a"],
            ["exec", "--", "ls"],
            ["run", "--", "ls"],
            ["policy", "show", "--json"],
        ] {
            let ran = world.run(&arguments);
            assert_eq!(ran.code, 2, "{arguments:?}: {ran:?}");
            assert!(ran.stderr.contains(&format!("{file}:{expected}")), "{arguments:?}: {ran:?}");
        }
        let hook = world.feed(&["hook", "plugin"], CALL);
        assert!(hook.stdout.contains("\"decision\":\"deny\"") && hook.stdout.contains(&expected), "{hook:?}");
    }
}

#[test]
fn lint_finds_a_line_about_another_repository_that_names_no_profile() {
    let world = Sealed::new("repository-profile-lint");
    config(&world, r#""~/elsewhere": {"profile": "strct"}"#);
    assert_eq!(world.run(&["check", "bash", "ls a"]).code, 0, "it is not about this one");
    let ran = world.run(&["policy", "lint"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("config.jsonc:4: warning [unknown-profile]"), "{ran:?}");
}

#[test]
fn a_repository_does_not_choose_for_itself() {
    let world = Sealed::new("repository-profile-own");
    config(&world, STRICT);
    world.write("home/p/wardline.jsonc", r#"{"repositories": {"~/p": {"profile": "loose"}}}"#);
    for trusted in [false, true] {
        if trusted {
            assert_eq!(world.run(&["trust", "--all"]).code, 0);
        }
        let ran = world.run(&["check", "bash", "ls a"]);
        assert_eq!(ran.code, 2, "trusted: {trusted}: {ran:?}");
        assert!(
            ran.stderr.contains("wardline.jsonc:1:2: `repositories` is not a repository's to set"),
            "{ran:?}"
        );
    }
}
