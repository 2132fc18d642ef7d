//! The journal as a file: modes, traps in its place, being moved aside, being followed.

mod common;

use common::{Place, draft};
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use wardline_audit::{Journal, JournalError, Kind, Start, follow, read, verify};

#[test]
fn the_journal_and_its_directory_are_private() {
    let place = Place::new("modes");
    let path = place.path.join("a/b/journal.jsonl");
    let mode = |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    Journal::open(&path).unwrap().append(&draft(Kind::Note, "x")).unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(&path.with_extension("jsonl.head")), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    drop(Journal::open(&path).unwrap());
    assert_eq!(mode(&path), 0o600, "a journal that was made readable is made private again");
}

#[test]
fn links_and_devices_in_the_journals_place_are_refused() {
    let place = Place::new("traps");
    let target = place.path.join("target");
    fs::write(&target, "").unwrap();
    symlink(&target, place.journal()).unwrap();
    assert!(matches!(Journal::open(&place.journal()), Err(JournalError::Symlink { .. })));
    assert!(matches!(verify(&place.journal()), Err(JournalError::Symlink { .. })));
    fs::remove_file(place.journal()).unwrap();

    symlink(&target, place.path.join("journal.jsonl.head")).unwrap();
    assert!(matches!(Journal::open(&place.journal()), Err(JournalError::Symlink { .. })));
    fs::remove_file(place.path.join("journal.jsonl.head")).unwrap();

    for path in [std::path::Path::new("/dev/null"), &place.path] {
        assert!(matches!(Journal::open(path), Err(JournalError::NotAFile { .. })), "{}", path.display());
        assert!(read(path).is_err(), "{}", path.display());
    }
}

#[test]
fn a_journal_without_a_place_says_what_to_do() {
    let place = Place::new("nowhere");
    fs::write(place.path.join("file"), "").unwrap();
    let error = Journal::open(&place.path.join("file/journal.jsonl")).unwrap_err().to_string();
    assert!(
        error.contains("could not make the journal's directory") && error.contains("is a file"),
        "{error}"
    );
}

#[test]
fn an_open_writer_follows_when_the_journal_is_moved_aside() {
    let place = Place::new("moved");
    let journal = Journal::open(&place.journal()).unwrap();
    journal.append(&draft(Kind::Note, "old")).unwrap();
    let aside = place.path.join("old.jsonl");
    fs::rename(place.journal(), &aside).unwrap();
    fs::rename(place.path.join("journal.jsonl.head"), place.path.join("old.jsonl.head")).unwrap();
    assert_eq!(journal.append(&draft(Kind::Note, "new")).unwrap().seq, 1);
    assert_eq!((verify(&aside).unwrap().rows, verify(&place.journal()).unwrap().rows), (1, 1));
}

#[test]
fn a_removed_journal_is_not_silently_begun_again() {
    let place = Place::new("removed");
    let journal = Journal::open(&place.journal()).unwrap();
    journal.append(&draft(Kind::Note, "x")).unwrap();
    fs::remove_file(place.journal()).unwrap();
    let error = journal.append(&draft(Kind::Note, "y")).unwrap_err();
    assert!(matches!(error, JournalError::Truncated { found: 0, expected: 1, .. }), "{error}");
}

#[test]
fn a_writer_that_holds_the_lock_for_ever_does_not_block_the_others_for_ever() {
    let place = Place::new("busy");
    let journal = Journal::open(&place.journal()).unwrap().patience(Duration::from_millis(50));
    let holder = fs::File::open(place.journal()).unwrap();
    holder.lock().unwrap();
    assert!(matches!(journal.append(&draft(Kind::Note, "x")), Err(JournalError::Busy { .. })));
    holder.unlock().unwrap();
    journal.append(&draft(Kind::Note, "x")).unwrap();
}

#[test]
fn secrets_never_reach_the_file() {
    let place = Place::new("secrets");
    let journal = Journal::open(&place.journal()).unwrap();
    let token = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
    let mut row = draft(Kind::Intent, &format!("curl -H 'Authorization: Bearer {token}'"));
    row.session = format!("s {token}");
    row.call = Some(format!("c {token}"));
    row.time = token.to_owned();
    row.body.insert(token.to_owned(), token.into());
    journal.append(&row).unwrap();
    assert!(!fs::read_to_string(place.journal()).unwrap().contains(token));
    assert!(verify(&place.journal()).unwrap().is_clean());
}

#[test]
fn following_yields_rows_as_they_come_and_stops_when_told() {
    let place = Place::new("follow");
    let stop = Arc::new(AtomicBool::new(false));
    let mut all = follow(&place.journal(), Start::Beginning, Arc::clone(&stop));
    let path = place.journal();
    let writer = std::thread::spawn(move || {
        let journal = Journal::open(&path).unwrap();
        for row in 0..5 {
            std::thread::sleep(Duration::from_millis(30));
            journal.append(&draft(Kind::Note, &format!("row {row}"))).unwrap();
        }
    });
    for seq in 1..=5 {
        assert_eq!(all.next().unwrap().unwrap().seq, seq);
    }
    writer.join().unwrap();

    let mut now = follow(&place.journal(), Start::Now, Arc::clone(&stop));
    stop.store(true, Ordering::Relaxed);
    assert!(now.next().is_none(), "nothing is new");
    stop.store(false, Ordering::Relaxed);
    Journal::open(&place.journal()).unwrap().append(&draft(Kind::Note, "new")).unwrap();
    assert_eq!(now.next().unwrap().unwrap().seq, 6);
    stop.store(true, Ordering::Relaxed);
    assert!(now.next().is_none());
}

#[test]
fn a_followed_journal_that_shrinks_is_an_error() {
    let place = Place::new("shrink");
    Journal::open(&place.journal()).unwrap().append(&draft(Kind::Note, "x")).unwrap();
    let mut rows = follow(&place.journal(), Start::Beginning, Arc::new(AtomicBool::new(false)));
    assert!(rows.next().unwrap().is_ok());
    fs::write(place.journal(), "").unwrap();
    assert!(matches!(rows.next(), Some(Err(JournalError::Shrank { .. }))));
    assert!(rows.next().is_none());
}

#[test]
fn reading_goes_on_after_a_damaged_row() {
    let place = Place::new("damaged");
    let journal = Journal::open(&place.journal()).unwrap();
    for _ in 0..3 {
        journal.append(&draft(Kind::Note, "x")).unwrap();
    }
    let text = fs::read_to_string(place.journal()).unwrap().replacen("\"seq\":2", "\"seq\":9", 1);
    fs::write(place.journal(), text).unwrap();
    let rows: Vec<_> = read(&place.journal()).unwrap().collect();
    assert!(matches!(rows[1], Err(JournalError::Corrupt { line: 2, .. })));
    assert_eq!(rows.iter().flatten().map(|entry| entry.seq).collect::<Vec<_>>(), [1, 3]);
}
