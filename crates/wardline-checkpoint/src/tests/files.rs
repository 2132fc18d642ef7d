//! What kinds of files come back, what is not kept, and what the store does with them.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

use super::histories::read;
use crate::revert::Choice;
use crate::store::tests::{Scratch, by};
use crate::{Author, Limits, Node, Occasion, Why};

fn person() -> crate::Cause {
    by(Author::Person)
}

fn quietly(author: Author) -> crate::Cause {
    crate::Cause { occasion: Occasion::Asked, ..by(author) }
}

#[test]
fn every_kind_of_file_comes_back() {
    let scratch = Scratch::new("kinds");
    let root = scratch.root();
    std::fs::create_dir_all(root.join("empty/deeper")).unwrap();
    std::fs::create_dir_all(root.join("sub/.git")).unwrap();
    std::fs::write(root.join("sub/file"), "of a submodule\n").unwrap();
    std::fs::write(root.join("sub/.git/HEAD"), "ref\n").unwrap();
    std::fs::write(root.join("run"), "#!/bin/sh\n").unwrap();
    std::fs::set_permissions(root.join("run"), std::fs::Permissions::from_mode(0o4755)).unwrap();
    std::fs::write(root.join("binary"), [0, 159, 146, 150]).unwrap();
    std::os::unix::fs::symlink("/nowhere", root.join("dangling")).unwrap();
    let sparse = std::fs::File::create(root.join("sparse")).unwrap();
    sparse.set_len(8 * 1024 * 1024).unwrap();
    std::os::unix::fs::FileExt::write_all_at(&sparse, b"end", 8 * 1024 * 1024 - 3).unwrap();
    std::fs::write(root.join(".gitignore"), "ignored\n").unwrap();
    std::fs::write(root.join("ignored"), "and kept\n").unwrap();
    std::fs::write(root.join("large"), vec![b'x'; 3 * 1024 * 1024]).unwrap();
    let before = read(&root);
    let first = scratch.open().capture(&person()).unwrap().checkpoint.number;
    for entry in std::fs::read_dir(&root).unwrap().flatten() {
        let path = entry.path();
        match path.symlink_metadata().unwrap().is_dir() {
            true if path.ends_with("sub") => std::fs::write(path.join("file"), "changed\n").unwrap(),
            true => std::fs::remove_dir_all(path).unwrap(),
            false => std::fs::remove_file(path).unwrap(),
        }
    }
    scratch.open().capture(&by(Author::Agent)).unwrap();
    let reverted = scratch.open().revert(first, &Choice::All, &person()).unwrap();
    assert!(reverted.conflicts.is_empty(), "{:?}", reverted.conflicts);
    assert_eq!(read(&root), before);
    let blocks = root.join("sparse").metadata().unwrap().blocks();
    assert!(blocks * 512 < 1024 * 1024, "holes stay holes: {blocks} blocks");
}

#[test]
fn what_is_not_kept_is_named_and_left_alone() {
    let scratch = Scratch::new("limits");
    let root = scratch.root();
    let limits = Limits { file: 100, results: 50, ..Limits::default() };
    std::fs::create_dir_all(root.join("node_modules")).unwrap();
    for (file, size) in [("big", 101), ("small", 100), ("node_modules/a", 50), ("node_modules/b", 50)] {
        std::fs::write(root.join(file), vec![b'x'; size]).unwrap();
    }
    let _socket = std::os::unix::net::UnixListener::bind(root.join("socket")).unwrap();
    let mut store = scratch.open_with(limits);
    let first = store.capture(&person()).unwrap();
    assert_eq!(first.opaque, 2);
    let not_kept = store.not_kept();
    assert_eq!(not_kept, [(b"big".to_vec(), Why::TooLarge), (b"node_modules/b".to_vec(), Why::Results)]);
    for file in ["big", "small", "node_modules/b"] {
        std::fs::write(root.join(file), "agent").unwrap();
    }
    store.capture(&by(Author::Agent)).unwrap();
    let reverted = store.revert(first.checkpoint.number, &Choice::All, &person()).unwrap();
    assert_eq!(reverted.conflicts.keys().collect::<Vec<_>>(), [b"big".as_slice(), b"node_modules/b"]);
    assert_eq!(std::fs::read(root.join("small")).unwrap().len(), 100);
    assert_eq!(std::fs::read(root.join("big")).unwrap(), b"agent");
}

#[test]
fn a_directory_stays_while_something_unknown_lies_in_it() {
    let scratch = Scratch::new("pinned");
    let root = scratch.root();
    let first = scratch.open().capture(&person()).unwrap().checkpoint.number;
    std::fs::create_dir_all(root.join("new/.git")).unwrap();
    std::fs::write(root.join("new/file"), "agent").unwrap();
    scratch.open().capture(&by(Author::Agent)).unwrap();
    let reverted = scratch.open().revert(first, &Choice::All, &person()).unwrap();
    assert_eq!(reverted.done, [(b"new/file".to_vec(), 'D')]);
    assert!(root.join("new/.git").is_dir() && !root.join("new/file").exists());
}

#[test]
fn files_directories_and_hunks_are_chosen() {
    let scratch = Scratch::new("chosen");
    let root = scratch.root();
    std::fs::create_dir(root.join("d")).unwrap();
    let text: String = (0..20).map(|n| format!("{n}\n")).collect();
    for file in ["a", "d/b", "d/c"] {
        std::fs::write(root.join(file), &text).unwrap();
    }
    let first = scratch.open().capture(&person()).unwrap().checkpoint.number;
    let changed = text.replace("3\n", "three\n").replace("\n9\n", "\n").replace("17\n", "17\n17b\n");
    for file in ["a", "d/b", "d/c"] {
        std::fs::write(root.join(file), &changed).unwrap();
    }
    scratch.open().capture(&by(Author::Agent)).unwrap();
    let mut store = scratch.open();
    let hunks = Choice::Hunks(b"a".to_vec(), vec![1, 4]);
    let changes = store.changes(first).unwrap();
    assert_eq!(changes.hunks(&store, b"a").unwrap().hunks.len(), 4);
    assert!(changes.readings.values().all(|reading| reading.agent() && !reading.person));
    store.revert(first, &hunks, &person()).unwrap();
    let a = text.replace("13\n", "1three\n").replace("\n9\n", "\n");
    assert_eq!(std::fs::read_to_string(root.join("a")).unwrap(), a);
    let unknown = store.revert(first, &Choice::Hunks(b"a".to_vec(), vec![7]), &person()).unwrap();
    assert!(unknown.done.is_empty() && unknown.conflicts.len() == 1);
    store.revert(first, &Choice::Places(vec![b"d".to_vec()]), &person()).unwrap();
    for file in ["d/b", "d/c"] {
        assert_eq!(std::fs::read_to_string(root.join(file)).unwrap(), text);
    }
    assert_eq!(std::fs::read_to_string(root.join("a")).unwrap(), a, "what was not chosen stays");
}

#[test]
fn only_what_changed_is_kept_again() {
    let scratch = Scratch::new("growth");
    let root = scratch.root();
    for n in 0..300 {
        std::fs::write(root.join(format!("f{n}")), format!("{n}\n").repeat(500)).unwrap();
    }
    let mut store = scratch.open();
    store.capture(&person()).unwrap();
    drop(store);
    // Until the clock is past the files' times.
    std::thread::sleep(std::time::Duration::from_millis(50));
    let mut store = scratch.open();
    assert!(!store.capture(&quietly(Author::Agent)).unwrap().new, "nothing changed, nothing new");
    let log = |store: &crate::Store| {
        store.log().read_dir().unwrap().flatten().map(|e| e.metadata().unwrap().len()).sum::<u64>()
    };
    let before = log(&store);
    std::fs::write(root.join("f7"), "x".repeat(20_000)).unwrap();
    std::fs::write(root.join("f8"), "x".repeat(20_000)).unwrap();
    std::fs::write(root.join("f9"), std::fs::read(root.join("f10")).unwrap()).unwrap();
    let taken = store.capture(&quietly(Author::Agent)).unwrap();
    assert_eq!((taken.new, taken.checkpoint.changed), (true, 3));
    let grown = log(&store) - before;
    assert!(grown < 22_000, "the same content is kept once: {grown}");
}

#[test]
fn some_places_are_captured_alone() {
    let scratch = Scratch::new("places");
    let root = scratch.root();
    std::fs::write(root.join("named"), "1").unwrap();
    std::fs::write(root.join("other"), "1").unwrap();
    let mut store = scratch.open();
    let first = store.capture(&person()).unwrap().checkpoint.number;
    std::fs::create_dir_all(root.join("new/deep")).unwrap();
    for file in ["named", "other", "new/deep/file"] {
        std::fs::write(root.join(file), "22").unwrap();
    }
    let places = [b"named".to_vec(), b"new/deep/file".to_vec()];
    let taken = store.capture_places(&quietly(Author::Agent), &places).unwrap();
    assert_eq!(taken.checkpoint.changed, 4);
    store.capture(&quietly(Author::Person)).unwrap();
    store.revert(first, &Choice::All, &person()).unwrap();
    let after = read(&root);
    assert_eq!(after.len(), 2, "{after:?}");
    assert_eq!(std::fs::read(root.join("named")).unwrap(), b"1");
    assert_eq!(std::fs::read(root.join("other")).unwrap(), b"22", "the person's");
    // A directory that is gone takes what lay in it along.
    std::fs::create_dir(root.join("d")).unwrap();
    std::fs::write(root.join("d/x"), "x").unwrap();
    store.capture(&person()).unwrap();
    std::fs::remove_dir_all(root.join("d")).unwrap();
    store.capture_places(&quietly(Author::Agent), &[b"d/x".to_vec()]).unwrap();
    assert!(store.index.get(b"d").is_none() && store.index.get(b"d/x").is_none());
}

#[test]
fn a_store_without_its_index_or_with_a_damaged_one_goes_on() {
    let scratch = Scratch::new("index");
    std::fs::write(scratch.root().join("a"), "1").unwrap();
    let index = |store: &crate::Store| store.directory.join("index");
    let mut store = scratch.open();
    store.capture(&person()).unwrap();
    let path = index(&store);
    drop(store);
    for damage in [None, Some(Vec::new()), Some(vec![7; 300])] {
        match damage {
            None => std::fs::remove_file(&path).unwrap(),
            Some(bytes) => std::fs::write(&path, bytes).unwrap(),
        }
        assert!(!scratch.open().capture(&quietly(Author::Agent)).unwrap().new);
    }
}

#[test]
fn damage_in_a_store_is_told_and_never_restored() {
    let scratch = Scratch::new("damage");
    let root = scratch.root();
    std::fs::write(root.join("a"), "first content").unwrap();
    let first = scratch.open().capture(&person()).unwrap().checkpoint.number;
    std::fs::write(root.join("a"), "agent").unwrap();
    scratch.open().capture(&by(Author::Agent)).unwrap();
    let pack = scratch.open().log().join("00000001.pack");
    let mut bytes = std::fs::read(&pack).unwrap();
    bytes[10] ^= 1;
    std::fs::write(&pack, bytes).unwrap();
    assert!(scratch.open().revert(first, &Choice::All, &person()).is_err());
    assert_eq!(std::fs::read(root.join("a")).unwrap(), b"agent");
    assert_eq!(read(&root).len(), 1, "nothing is left lying about");
}

#[test]
fn a_checkpoint_that_would_take_too_long_is_none_and_the_next_is_whole() {
    let scratch = Scratch::new("slow");
    for n in 0..50 {
        std::fs::write(scratch.root().join(format!("f{n}")), "x").unwrap();
    }
    let limits = Limits { time: Some(std::time::Duration::ZERO), ..Limits::default() };
    let mut store = scratch.open_with(limits);
    assert!(matches!(store.capture(&person()), Err(crate::CheckpointError::Slow(_))));
    assert!(store.list().unwrap().is_empty());
    assert_eq!(store.log().read_dir().unwrap().count(), 0, "nothing is left of it");
    drop(store);
    assert_eq!(scratch.open().capture(&person()).unwrap().checkpoint.changed, 50);
}

#[test]
fn the_oldest_checkpoints_go_and_the_rest_stays_whole() {
    let scratch = Scratch::new("prune");
    let root = scratch.root();
    let mut store = scratch.open();
    let mut numbers = Vec::new();
    for n in 0..30u8 {
        std::fs::write(root.join("changing"), vec![n; 10_000]).unwrap();
        std::fs::write(root.join(format!("stays{n}")), vec![n, 1]).unwrap();
        numbers.push(store.capture(&by(Author::Agent)).unwrap().checkpoint.number);
    }
    let pruned = store.prune(Some(10)).unwrap();
    assert_eq!(pruned.checkpoints, 20);
    assert!(pruned.bytes > 190_000, "{pruned:?}");
    assert_eq!(store.list().unwrap().len(), 10);
    assert!(store.changes(numbers[19]).is_err());
    drop(store);
    let mut store = scratch.open();
    store.revert(numbers[20], &Choice::All, &person()).unwrap();
    assert_eq!(std::fs::read(root.join("changing")).unwrap(), vec![20; 10_000]);
    assert_eq!(read(&root).len(), 22);
    // A limit on the bytes halves until it is met.
    let limits = Limits { store: 60_000, ..Limits::default() };
    drop(store);
    let mut store = scratch.open_with(limits);
    assert!(store.is_over().unwrap());
    store.prune(None).unwrap();
    assert!(!store.is_over().unwrap(), "{}", store.bytes());
}

#[test]
fn the_store_is_private_and_nothing_of_a_repository_is_looked_at() {
    let scratch = Scratch::new("private");
    let root = scratch.root();
    std::fs::create_dir(root.join(".git")).unwrap();
    std::fs::write(root.join(".git/config"), "x").unwrap();
    let mut store = scratch.open();
    store.capture(&person()).unwrap();
    let mut todo = vec![store.directory.clone()];
    while let Some(path) = todo.pop() {
        let found = path.metadata().unwrap();
        assert_eq!(found.mode() & 0o077, 0, "{}", path.display());
        if found.is_dir() {
            todo.extend(path.read_dir().unwrap().flatten().map(|entry| entry.path()));
        }
    }
    let git = store.index.get(b".git").unwrap();
    assert_eq!(git.node, Node::Opaque { why: Why::Repository, size: 0, mark: 0 });
    assert!(store.index.get(b".git/config").is_none());
}
