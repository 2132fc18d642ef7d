//! Limits that are set, reached and named.

use crate::common::Sealed;

#[test]
fn a_limit_that_is_reached_is_named_with_its_value_and_what_raises_it() {
    let world = Sealed::new("limits");
    let bomb = "exec dd if=/dev/zero of=big bs=64k count=99";
    for command in ["exec", "run"] {
        let ran = world.run(&[command, "--limit", "file_size=1M", "--", "sh", "-c", bomb]);
        assert_ne!(ran.code, 0, "{ran:?}");
        for part in ["limit reached: the size of one file (1 MiB)", "raise it with `--limit file_size=…`"] {
            assert!(ran.stderr.contains(part), "{part}: {ran:?}");
        }
    }
    let rows = world.rows();
    let hit = rows.iter().filter_map(|row| row["body"]["limits_hit"].get(0)).next_back().unwrap();
    assert_eq!((&hit["limit"], &hit["value"]), (&"file_size".into(), &(1 << 20).into()), "{hit}");
    assert!(hit["help"].as_str().unwrap().contains("--limit file_size="), "{hit}");
}

#[test]
fn limits_come_from_the_flags_the_configuration_and_never_wider_from_a_repository() {
    let world = Sealed::new("limits-from");
    let limits = |arguments: &[&str]| {
        let ran = world.run(&[&["exec", "--print-manifest", "--json"], arguments, &["--", "true"]].concat());
        let shown: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
        shown["manifest"]["limits"].clone()
    };
    world.config(r#"{"limits": {"memory": "2G", "time": "10m"}}"#);
    world.write("home/p/wardline.jsonc", r#"{"limits": {"memory": "64G", "processes": 99, "time": null}}"#);
    let shown = limits(&["--limit", "open_files=100", "--limit", "disk=none"]);
    let expected = [
        ("memory", Some(2_u64 << 30)),
        ("time", Some(600)),
        ("processes", Some(99)),
        ("open_files", Some(100)),
        ("disk", None),
    ];
    for (name, value) in expected {
        assert_eq!(shown[name].as_u64(), value, "{name}: {shown}");
    }
    for bad in ["memory", "memory=lots", "speed=3", "processes=0"] {
        let ran = world.run(&["exec", "--limit", bad, "--", "true"]);
        assert_eq!(ran.code, 2, "{bad}: {ran:?}");
    }
}
