//! `wardline doctor`: the promised shape of its report, and a memory that no sandbox rests on.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::common::{Ran, Sealed, feed};

fn report(world: &Sealed, flags: &[&str]) -> Value {
    let ran = world.run(&[&["doctor", "--json"], flags].concat());
    assert!(ran.stdout.starts_with('{'), "{ran:?}");
    serde_json::from_str(&ran.stdout).unwrap()
}

/// What does not fit, by path. It knows what the schema uses; what it does not know does not fit.
fn misfits(schema: &Value, root: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    for (word, said) in schema.as_object().unwrap() {
        match word.as_str() {
            "$schema" | "$id" | "title" | "description" | "$defs" => {}
            "$ref" => {
                let name = said.as_str().unwrap().strip_prefix("#/$defs/").unwrap();
                misfits(root["$defs"].get(name).unwrap(), root, value, at, found);
            }
            "const" if said == value => {}
            "enum" if said.as_array().unwrap().contains(value) => {}
            "const" | "enum" => found.push(format!("{at}: {value} is not {said}")),
            "type" => {
                let kind = match value {
                    Value::Object(_) => "object",
                    Value::Array(_) => "array",
                    Value::String(_) => "string",
                    Value::Bool(_) => "boolean",
                    Value::Null => "null",
                    Value::Number(_) => "number",
                };
                if said != kind && !said.as_array().is_some_and(|kinds| kinds.contains(&kind.into())) {
                    found.push(format!("{at}: {kind} is no {said}"));
                }
            }
            "required" => {
                let lacking =
                    said.as_array().unwrap().iter().filter(|name| value[name.as_str().unwrap()].is_null());
                // Null is what some fields are when there is nothing to say.
                let lacking =
                    lacking.filter(|name| !value.as_object().unwrap().contains_key(name.as_str().unwrap()));
                found.extend(lacking.map(|name| format!("{at}: lacks {name}")));
            }
            "properties" => {
                for (name, value) in value.as_object().unwrap() {
                    match said.get(name) {
                        Some(schema) => misfits(schema, root, value, &format!("{at}.{name}"), found),
                        None => found.push(format!("{at}: `{name}` is not in the schema")),
                    }
                }
            }
            "items" => {
                for (index, item) in value.as_array().unwrap().iter().enumerate() {
                    misfits(said, root, item, &format!("{at}[{index}]"), found);
                }
            }
            other => found.push(format!("the test does not know `{other}`")),
        }
    }
}

#[test]
fn the_report_has_the_promised_shape() {
    let world = Sealed::new("doctor-shape");
    world.write("home/.gemini/settings.json", "{}\n");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/doctor.schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let report = report(&world, &[]);
    let mut found = Vec::new();
    misfits(&schema, &schema, &report, "report", &mut found);
    assert!(found.is_empty(), "{found:#?}");
    let ids = |list: &str| -> Vec<&str> {
        report[list].as_array().unwrap().iter().map(|one| one["id"].as_str().unwrap()).collect()
    };
    let promised = |name: &str| -> Vec<&str> {
        let words = &schema["$defs"][name]["properties"]["id"]["enum"];
        words.as_array().unwrap().iter().map(|word| word.as_str().unwrap()).collect()
    };
    assert_eq!(ids("guarantees"), promised("guarantee"));
    assert_eq!(ids("mechanisms"), promised("mechanism"));
    assert!(report["guarantees"].as_array().unwrap().iter().all(|one| one["enforced"] == true), "{report:#}");
    // The shape is what a schema that asks for more would refuse.
    let mut broken = report.clone();
    broken["guarantees"][0]["requested"] = "perhaps".into();
    broken["mechanisms"][0].as_object_mut().unwrap().remove("proof");
    let mut found = Vec::new();
    misfits(&schema, &schema, &broken, "report", &mut found);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn what_is_optional_is_said_to_be() {
    let world = Sealed::new("doctor-optional");
    world.write("home/.config/wardline/config.jsonc", r#"{"guarantees": {"limits": "optional"}}"#);
    let report = report(&world, &[]);
    for one in report["guarantees"].as_array().unwrap() {
        let expected = if one["id"] == "limits" { "optional" } else { "required" };
        assert_eq!(one["requested"], expected, "{one}");
    }
}

#[test]
fn what_held_is_remembered_for_the_boot_and_tried_again_when_asked() {
    let world = Sealed::new("doctor-memory");
    let fresh = |flags: &[&str]| report(&world, flags)["fresh"].as_bool().unwrap();
    assert!(fresh(&[]));
    let file = world.path("home/.local/state/wardline/probed.json");
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fresh(&[]));
    assert!(fresh(&["--fresh"]));
    // A file that others may write is nobody's memory.
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o666)).unwrap();
    assert!(fresh(&[]));
    assert!(!fresh(&[]), "it was written anew");
}

/// Runs `wardline` where no user namespace can be made.
fn weak(world: &Sealed, arguments: &[&str]) -> Option<Ran> {
    let inner = world.command(arguments);
    let mut command = std::process::Command::new("unshare");
    command.args(["-Ur", "sh", "-c", "echo 0 > /proc/sys/user/max_user_namespaces && exec \"$@\"", "sh"]);
    command.arg(inner.get_program()).args(inner.get_args()).env_clear();
    command.envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.current_dir(inner.get_current_dir().unwrap());
    let ran = feed(&mut command, b"");
    // A host without user namespaces at all is weak enough by itself, and cannot be made this weak.
    if ran.stderr.starts_with("unshare:") { None } else { Some(ran) }
}

#[test]
fn a_weak_host_is_refused_whatever_the_memory_says() {
    let world = Sealed::new("doctor-weak");
    // What a healthy host left behind, under every key that a weak one could have.
    report(&world, &[]);
    let Some(told) = weak(&world, &["doctor", "--json"]) else { return };
    let told: Value = serde_json::from_str(&told.stdout).unwrap();
    assert_eq!(told["fresh"], true, "another boot, user or setting is another key");
    let reads = &told["guarantees"][0];
    assert!(reads["enforced"] == false && !reads["fix"].as_str().unwrap().is_empty(), "{reads}");
    let Some(ran) = weak(&world, &["exec", "--", "true"]) else { return };
    assert_eq!(ran.code, 125, "{ran:?}");
    for word in ["reads-confined", "writes-confined", "processes-hidden", "no-survivors", "sudo sysctl -w"] {
        assert!(ran.stderr.contains(word), "{word}: {ran:?}");
    }
    // The memory of the healthy host, forged to be the weak one's: the report may be wrong, the start is not.
    let file = world.path("home/.local/state/wardline/probed.json");
    let text = std::fs::read_to_string(&file).unwrap().replace("\"held\":false", "\"held\":true");
    std::fs::write(&file, text).unwrap();
    let ran = weak(&world, &["exec", "--", "true"]).unwrap();
    assert_eq!(ran.code, 125, "{ran:?}");
    let doctor = weak(&world, &["doctor", "--fresh"]).unwrap();
    assert!(doctor.code == 1 && doctor.stdout.contains("fix:"), "{doctor:?}");
}

#[test]
fn without_a_place_for_its_state_nothing_starts() {
    let world = Sealed::new("doctor-state");
    std::fs::remove_dir_all(world.path("home/.local")).ok();
    world.write("home/.local", "a file in the way\n");
    let ran = world.run(&["exec", "--", "touch", "started"]);
    assert!([2, 125].contains(&ran.code) && ran.stderr.contains(".local"), "{ran:?}");
    assert!(!world.path("home/p/started").exists());
    let doctor = world.run(&["doctor", "--json"]);
    assert_eq!(doctor.code, 1, "{doctor:?}");
}

#[test]
fn the_apparmor_profile_is_for_this_binary() {
    let world = Sealed::new("doctor-apparmor");
    let ran = world.run(&["doctor", "--apparmor"]);
    let line = format!("profile wardline \"{}\" flags=(unconfined) {{", env!("CARGO_BIN_EXE_wardline"));
    assert!(ran.code == 0 && ran.stdout.contains(&line) && ran.stdout.contains("userns,"), "{ran:?}");
}
