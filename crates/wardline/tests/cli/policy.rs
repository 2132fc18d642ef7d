//! `wardline policy` and `wardline trust`.

use serde_json::Value;

use crate::common::Sealed;

#[test]
fn show_names_file_and_line_of_each_rule() {
    let world = Sealed::new("policy-show");
    let file = world.path("home/.config/wardline/config.jsonc");
    world.config(
        "{\n  \"permission\": {\n    \"bash\": {\n      \"docker *\": \"deny\" // never\n    }\n  }\n}\n",
    );
    let ran = world.run(&["policy", "show", "--json"]);
    let shown: Value = serde_json::from_str(&ran.stdout).unwrap();
    let rule = shown["rules"].as_array().unwrap().iter().find(|rule| rule["pattern"] == "docker *").unwrap();
    assert_eq!(rule["file"], file.to_str().unwrap());
    assert_eq!(
        (&rule["line"], &rule["decision"], &rule["layer"]),
        (&4.into(), &"deny".into(), &"user".into())
    );
    assert!(world.run(&["policy", "show"]).stdout.contains("config.jsonc:4"));
}

#[test]
fn lint_finds_rules_that_do_not_do_what_they_say() {
    let world = Sealed::new("policy-lint");
    let table = [
        (r#"{"permission": {"bash": {"rm *": "deny", "*": "ask"}}}"#, true),
        (r#"{"permission": {"read": {"**/.env": "deny"}}}"#, true),
        (r#"{"permission": {"bash": {"docker *": "deny"}}}"#, false),
    ];
    for (config, finds) in table {
        world.config(config);
        let ran = world.run(&["policy", "lint"]);
        assert_eq!(ran.code != 0, finds, "{config}: {ran:?}");
        assert_eq!(ran.stdout.contains("config.jsonc:1"), finds, "{config}: {ran:?}");
    }
}

#[test]
fn examples_beside_rules_are_tests() {
    let world = Sealed::new("policy-test");
    let config = |not_match: &str| {
        format!(
            r#"{{"permission": {{"bash": {{"docker *": {{"effect": "deny", "match": ["docker run x"], "not_match": ["{not_match}"]}}}}}}}}"#
        )
    };
    world.config(&config("dockerd"));
    let ran = world.run(&["policy", "test"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    world.config(&config("docker ps"));
    assert_eq!(world.run(&["policy", "test"]).code, 1);
}

#[test]
fn a_project_only_tightens_until_it_is_trusted_and_again_when_it_changes() {
    let world = Sealed::new("trust");
    let decide = |what: &str| world.run(&["check", "bash", what]).code;
    world.write("home/p/wardline.jsonc", r#"{"permission": {"bash": {"frob *": "allow", "ls *": "deny"}}}"#);
    assert_eq!((decide("frob x"), decide("ls x")), (10, 20), "untrusted: tightens, does not loosen");
    assert_eq!(world.run(&["trust", "--all"]).code, 0);
    assert_eq!((decide("frob x"), decide("ls x")), (0, 20), "trusted");
    world.write("home/p/wardline.jsonc", r#"{"permission": {"bash": {"frob *": "allow"}} }"#);
    assert_eq!(decide("frob x"), 10, "changed: untrusted again");
    world.run(&["trust", "wardline.jsonc"]);
    assert_eq!(decide("frob x"), 0);
    world.run(&["trust", "--revoke", "wardline.jsonc"]);
    assert_eq!(decide("frob x"), 10, "revoked");
    assert_eq!(world.rows().iter().filter(|row| row["kind"] == "trust").count(), 3, "each in the journal");
    assert_eq!(world.run(&["trust", "a.txt"]).code, 2, "not a policy file");
}

#[test]
fn a_profile_applies_when_it_is_named() {
    let world = Sealed::new("profile");
    world.config(r#"{"profiles": {"ci": {"permission": {"bash": {"frob *": "allow"}}}}}"#);
    assert_eq!(world.run(&["check", "bash", "frob x"]).code, 10);
    assert_eq!(world.run(&["check", "bash", "frob x", "--profile", "ci"]).code, 0);
    assert_eq!(world.run(&["check", "bash", "frob x", "--profile", "nope"]).code, 2);
}
