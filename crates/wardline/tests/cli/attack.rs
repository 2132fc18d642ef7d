//! `wardline doctor --attack`: the suite runs behind what `exec` would give, and its score is true.

use serde_json::Value;

use crate::common::Sealed;

/// Doors that are open and that SECURITY.md tells about.
const TOLD: [&str; 0] = [];

fn names(report: &Value, list: &str) -> Vec<String> {
    report[list].as_array().unwrap().iter().map(|name| name.as_str().unwrap().to_owned()).collect()
}

#[test]
fn the_sandbox_stands_the_attack() {
    let world = Sealed::new("attack");
    let before = world.read("home/p/a.txt");
    let ran = world.run(&["doctor", "--attack", "--json"]);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    let (stopped, tried) = (report["stopped"].as_u64().unwrap(), report["tried"].as_u64().unwrap());
    assert!(tried >= 200, "{report}");
    assert!(stopped * 100 >= tried * 95, "{stopped} of {tried}: {:?}", names(&report, "open"));
    let open = names(&report, "critical_open");
    assert!(open.iter().all(|door| TOLD.contains(&door.as_str())), "{open:?}");
    assert_eq!(ran.code, i32::from(!open.is_empty()), "{ran:?}");
    assert_eq!(world.read("home/p/a.txt"), before);

    // The score stands in the journal of the world that was proved, and nothing of the attempts.
    let rows = world.rows();
    let outcome = rows.iter().find(|row| row["stopped"].is_u64() || row["body"]["stopped"].is_u64());
    assert!(outcome.is_some(), "{rows:?}");
    assert!(!rows.iter().any(|row| row.to_string().contains("__wardline-attack")), "{rows:?}");
}

#[test]
fn an_open_door_is_named_and_fails_the_report() {
    let world = Sealed::new("attack-open");
    // A policy that opens the project's secrets: the suite says what that costs.
    world.config("{\"permission\": {\"read\": {\".env\": \"allow\"}}}");
    let ran = world.run(&["doctor", "--attack", "--door", "env-file"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(ran.stdout.contains("OPEN, critical: env-file ("), "{ran:?}");
    let ran = world.run(&["doctor", "--attack", "--door", "no-such-door"]);
    assert_eq!(ran.code, 125, "{ran:?}");
}

#[test]
fn without_a_wrapper_the_same_doors_are_open() {
    let world = Sealed::new("attack-bare");
    let ran = world.run(&["doctor", "--attack", "--behind", "", "--door", "ssh-key"]);
    if is_root() {
        assert_eq!(ran.code, 125, "root would change its own machine: {ran:?}");
    } else {
        assert!(ran.code == 1 && ran.stdout.contains("OPEN, critical: ssh-key ("), "{ran:?}");
    }
}

fn is_root() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    status.lines().any(|line| line.starts_with("Uid:\t0\t"))
}
