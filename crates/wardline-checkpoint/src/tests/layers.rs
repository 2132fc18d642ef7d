//! Layers as overlayfs leaves them, made from generated histories: what is taken over is what the command saw, and a process that dies
//! at any step of it leaves the workspace before or after.

use std::collections::BTreeMap;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;

use super::histories::{History, layer, read, write};
use crate::apply::{Fate, Stop};
use crate::store::tests::{Scratch, by};
use crate::{Author, CheckpointError, Limits};

#[test]
fn what_a_command_left_in_an_overlay_is_taken_over_whole_or_not_at_all() {
    let (mut taken, mut deaths) = (0, 0);
    for seed in 0..120 {
        let history = History::generate(seed);
        let (before, after) = (&history.before, history.now());
        let scratch = Scratch::fast("layers");
        let upper = scratch.root().with_file_name("upper");
        write(&scratch.root(), before);
        layer(&upper, before, after);
        scratch.open().capture(&by(Author::Person)).unwrap();
        for at in 0.. {
            let mut store = scratch.open();
            let rehearsal = store.rehearsed(&upper).unwrap();
            let plan = store.fit(&rehearsal);
            assert!(plan.conflicts.is_empty(), "seed {seed}: {:?}", plan.conflicts);
            let mut asked = 0;
            let mut fates = || {
                asked += 1;
                if asked == at + 1 { Fate::Die } else { Fate::GoOn }
            };
            let result = store.take_over_stepwise(&rehearsal, &plan, &by(Author::Agent), &mut fates);
            drop(store);
            drop(scratch.open());
            let now = read(&scratch.root());
            match result {
                Err(Stop::Died) if now == *before => deaths += 1,
                Err(Stop::Error(e)) => panic!("seed {seed}: {e}"),
                _ => {
                    assert_eq!(now, *after, "seed {seed}, step {at}");
                    taken += usize::from(before != after);
                    break;
                }
            }
        }
    }
    println!("{taken} taken over, {deaths} deaths before the end");
    assert!(taken > 60 && deaths > taken);
}

#[test]
fn a_layer_is_taken_over_only_where_all_of_it_can_be_and_nothing_changed_meanwhile() {
    let scratch = Scratch::new("layers-refused");
    let (root, upper) = (scratch.root(), scratch.root().with_file_name("upper"));
    std::fs::write(root.join("a"), "a\n").unwrap();
    std::fs::create_dir_all(root.join(".git")).unwrap();
    std::fs::create_dir_all(upper.join(".git")).unwrap();
    std::fs::write(upper.join("a"), "b\n").unwrap();
    std::fs::write(upper.join(".git/index"), "x").unwrap();
    let mut store = scratch.open_with(Limits { file: 100, ..Limits::default() });
    store.capture(&by(Author::Person)).unwrap();
    let seen = store.rehearsed(&upper).unwrap();
    let plan = store.fit(&seen);
    assert_eq!((seen.changes.len(), seen.left_out.clone()), (1, vec![b".git/index".to_vec()]));
    // What came in the way meanwhile stops all of it.
    std::fs::write(root.join("a"), "person\n").unwrap();
    let refused = store.take_over(&seen, &plan, &by(Author::Agent));
    assert!(matches!(refused, Err(CheckpointError::Changed(_))));
    assert_eq!(std::fs::read_to_string(root.join("a")).unwrap(), "person\n");
    // What cannot be taken over is named.
    std::fs::write(upper.join("large"), [b'x'; 101]).unwrap();
    std::fs::write(upper.join(".git/HEAD"), "x").unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(upper.join("socket")).unwrap();
    std::fs::create_dir(upper.join("d")).unwrap();
    let seen = store.rehearsed(&upper).unwrap();
    let conflicts: BTreeMap<_, _> = store.fit(&seen).conflicts;
    let names: Vec<&[u8]> = conflicts.keys().map(Vec::as_slice).collect();
    assert_eq!(names, [b".git".as_slice(), b"large", b"socket"]);
    let plan = store.fit(&seen);
    assert!(store.take_over(&seen, &plan, &by(Author::Agent)).is_err());
    assert!(!root.join("d").exists(), "nothing of it");
    std::fs::set_permissions(upper.join("d"), std::fs::Permissions::from_mode(0o000)).unwrap();
    crate::remove_overlay(&upper).unwrap();
    assert!(!upper.exists() && upper.file_name().unwrap().as_bytes() == b"upper");
}
