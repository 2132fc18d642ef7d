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

/// Whoever keeps the limits is a process of the same user: it can be neither limited itself nor kept from looking.
#[test]
fn the_process_that_keeps_the_limits_cannot_be_blinded() {
    let blind = [
        "import ctypes; libc = ctypes.CDLL(None); few = (ctypes.c_uint64 * 2)(8, 8)\nfor pid in range(1, 9): libc.prlimit(pid, 7, ctypes.byref(few), None)",
        "import socket\nfor _ in range(500):\n  s = socket.socket(); s.settimeout(2); kept.append(s)\n  try: s.connect((\"127.0.0.1\", 3128))\n  except OSError: break",
    ];
    for attempt in blind {
        let world = Sealed::new("limits-blind");
        let hog = "for _ in range(8):\n  if os.fork() == 0:\n    mine = bytearray(b\"x\") * (100 << 20); time.sleep(9)\ntime.sleep(4)";
        world.write("home/p/hog.py", &format!("import os, time\nkept = []\n{attempt}\n{hog}\n"));
        // An ordinary limit on open files, whatever that of the test is.
        let script = format!(
            "ulimit -n 1024; exec {} exec --limit memory=400M -- /usr/bin/python3 hog.py",
            env!("CARGO_BIN_EXE_wardline")
        );
        let mut command = world.command(&[]);
        let environment: Vec<_> = command
            .get_envs()
            .filter_map(|(name, value)| Some((name.to_owned(), value?.to_owned())))
            .collect();
        let mut shell = std::process::Command::new("/bin/sh");
        shell.args(["-c", &script]).env_clear().envs(environment).current_dir(world.project());
        let ran = crate::common::feed(&mut shell, b"");
        assert!(ran.stderr.contains("limit reached: memory of all processes together"), "{attempt}: {ran:?}");
        command.env_clear();
    }
}
