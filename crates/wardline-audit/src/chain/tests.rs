//! Every call that appending consists of, made to fail in every way: nothing acknowledged may be lost, the chain may
//! never break, and the next writer must be able to go on.

use super::*;
use crate::verify::{Report, verify};
use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Trouble {
    /// It does nothing and says so.
    Refused,
    /// It does its work and reports failure all the same, as a failed sync may.
    DoneButFailed,
    /// A write that takes only so many bytes (a full disk).
    Short(usize),
    /// The process dies before it.
    Killed,
    /// The process dies after so many bytes of it.
    KilledDuring(usize),
}

const TROUBLES: [Trouble; 8] = [
    Trouble::Refused,
    Trouble::DoneButFailed,
    Trouble::Short(0),
    Trouble::Short(1),
    Trouble::Short(100),
    Trouble::Killed,
    Trouble::KilledDuring(1),
    Trouble::KilledDuring(300),
];

/// The size of a call that cannot be done in part.
const WHOLE: usize = 1;

/// A disk in memory that has trouble with its n-th writing call, and afterwards none, or none that works.
#[derive(Debug, Default)]
struct Disk {
    journal: Vec<u8>,
    head: Vec<u8>,
    calls: usize,
    trouble: Option<(usize, Trouble)>,
    /// Every call after the first trouble is refused too, so that cleaning up cannot work either.
    persistent: bool,
    dead: bool,
}

impl Disk {
    /// Does `action`, unless it is this call's turn to have trouble; `count` is how much of it is done.
    fn call<T>(&mut self, all: usize, action: impl FnOnce(&mut Self, usize) -> T) -> io::Result<T> {
        self.calls += 1;
        let failed = || io::Error::from(io::ErrorKind::StorageFull);
        let Some((turn, trouble)) = self.trouble else { return Ok(action(self, all)) };
        if self.dead || (self.persistent && self.calls > turn) {
            return Err(failed());
        }
        if self.calls != turn {
            return Ok(action(self, all));
        }
        match trouble {
            Trouble::Refused => Err(failed()),
            Trouble::DoneButFailed => {
                action(self, all);
                Err(failed())
            }
            Trouble::Short(_) if all == WHOLE => Err(failed()),
            Trouble::Short(count) => Ok(action(self, count.min(all))),
            Trouble::Killed => {
                self.dead = true;
                Err(failed())
            }
            Trouble::KilledDuring(count) => {
                action(self, count.min(all));
                self.dead = true;
                Err(failed())
            }
        }
    }

    fn repair(&mut self) {
        *self = Self {
            journal: std::mem::take(&mut self.journal),
            head: std::mem::take(&mut self.head),
            ..Self::default()
        };
    }

    fn verify(&self) -> Report {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!("wardline-chain-{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed));
        let path: PathBuf = std::env::temp_dir().join(name);
        fs::write(&path, &self.journal).unwrap();
        fs::write(crate::store::head_path(&path), &self.head).unwrap();
        let report = verify(&path).unwrap();
        fs::remove_file(crate::store::head_path(&path)).unwrap();
        fs::remove_file(&path).unwrap();
        report
    }
}

impl Store for Disk {
    fn size(&self) -> io::Result<u64> {
        Ok(self.journal.len() as u64)
    }
    fn read_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let offset = usize::try_from(offset).unwrap();
        buffer.copy_from_slice(&self.journal[offset..offset + buffer.len()]);
        Ok(())
    }
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.call(bytes.len(), |disk, count| {
            disk.journal.extend_from_slice(&bytes[..count]);
            count
        })
    }
    fn truncate(&mut self, size: u64) -> io::Result<()> {
        self.call(WHOLE, |disk, _| disk.journal.truncate(usize::try_from(size).unwrap()))
    }
    fn sync(&mut self) -> io::Result<()> {
        self.call(WHOLE, |_, _| ())
    }
    fn read_head(&self) -> io::Result<Vec<u8>> {
        Ok(self.head.clone())
    }
    fn write_head(&mut self, bytes: &[u8]) -> io::Result<()> {
        let written = self.call(bytes.len(), |disk, count| {
            if disk.head.len() < count {
                disk.head.resize(count, 0);
            }
            disk.head[..count].copy_from_slice(&bytes[..count]);
            count
        })?;
        if written == bytes.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
    }
    fn sync_head(&mut self) -> io::Result<()> {
        self.call(WHOLE, |_, _| ())
    }
}

fn draft(text: &str) -> Draft {
    let body = Map::from_iter([("text".to_owned(), Value::from(text))]);
    let (time, session) = ("2026-11-21T00:00:00Z".to_owned(), "s".to_owned());
    Draft { time, session, kind: Kind::Intent, call: None, body }
}

/// A journal with some rows before the trouble, possibly with a torn tail.
fn disk(rows: usize, torn: &[u8]) -> Disk {
    let mut disk = Disk::default();
    for row in 0..rows {
        append(&mut disk, &draft(&format!("before {row}")), &[]).unwrap();
    }
    disk.journal.extend_from_slice(torn);
    disk.repair();
    disk
}

fn holds(disk: &Disk, receipt: &Receipt) -> bool {
    let seal = format!(",\"hash\":\"{}\"}}\n", receipt.hash);
    String::from_utf8_lossy(&disk.journal).contains(&seal)
}

#[test]
fn every_call_may_fail_in_every_way_and_nothing_acknowledged_is_lost() {
    let mut cases = 0;
    for (rows, torn) in [(0, &b""[..]), (1, b""), (3, b""), (0, b"{\"v\":1"), (2, b"{\"v\":1,\"seq\":3,\"ti")]
    {
        for turn in 1..=9 {
            for trouble in TROUBLES {
                for persistent in [false, true] {
                    cases += 1;
                    check_trouble(rows, torn, turn, trouble, persistent);
                }
            }
        }
    }
    assert!(cases > 700);
}

fn check_trouble(rows: usize, torn: &[u8], turn: usize, trouble: Trouble, persistent: bool) {
    let case =
        format!("{rows} rows, {} torn bytes, call {turn}: {trouble:?}, persistent {persistent}", torn.len());
    let mut disk = disk(rows, torn);
    disk.trouble = Some((turn, trouble));
    disk.persistent = persistent;
    let mut acknowledged = Vec::new();
    for (text, more) in [("first", &[][..]), ("second", &[draft("with it"), draft("and this")])] {
        let Ok(receipt) = append(&mut disk, &draft(text), more) else { continue };
        let rows = String::from_utf8_lossy(&disk.journal).lines().count();
        assert!(rows >= usize::try_from(receipt.seq).unwrap() + more.len(), "{case}: all or nothing");
        acknowledged.push(receipt);
    }
    disk.repair();
    // The head file is one small write, which a killed process does whole or not at all; what the test tears
    // here is a power cut.
    let torn_head = matches!(head::parse(&disk.head), Found::Unreadable);
    let last = append(&mut disk, &draft("after"), &[]).unwrap_or_else(|fault| panic!("{case}: {fault:?}"));
    acknowledged.push(last);
    for receipt in &acknowledged {
        assert!(holds(&disk, receipt), "{case}: row {} is gone", receipt.seq);
    }
    let report = disk.verify();
    assert!(report.is_clean(), "{case}: {report:?}");
    assert!(!report.torn_tail, "{case}");
    assert!(!torn_head || !report.repairs.is_empty(), "{case}: a torn head is noted");
}

#[test]
fn rows_that_go_together_are_written_and_synced_at_once() {
    let mut disk = disk(2, b"");
    let before = disk.calls;
    let alone = append(&mut disk, &draft("alone"), &[]).unwrap();
    let one = disk.calls - before;
    let first = append(&mut disk, &draft("first"), &[draft("second"), draft("third")]).unwrap();
    assert_eq!(disk.calls - before, 2 * one);
    let next = append(&mut disk, &draft("next"), &[]).unwrap();
    assert_eq!((first.seq, next.seq), (alone.seq + 1, alone.seq + 4));
    assert!(disk.verify().is_clean());
    let long = [draft(&"x".repeat(MAX_ROW))];
    assert!(matches!(append(&mut disk, &draft("short"), &long), Err(Fault::TooLarge(_))));
    assert!(!String::from_utf8_lossy(&disk.journal).contains("short"), "all or nothing");
}

#[test]
fn a_torn_tail_is_cut_off_and_noted() {
    for torn in [&b"{"[..], b"\0\0\0\0", &[b'x'; 20_000], b"{\"v\":1,\"seq\":3,\"time\":\"x\"}"] {
        let mut disk = disk(2, torn);
        assert!(disk.verify().torn_tail);
        let receipt = append(&mut disk, &draft("next"), &[]).unwrap();
        assert_eq!(receipt.seq, 4, "row 3 is the note");
        let report = disk.verify();
        assert!(report.is_clean() && !report.torn_tail, "{report:?}");
        assert_eq!(report.repairs, [3]);
    }
}

#[test]
fn nothing_is_appended_after_a_damaged_last_row() {
    for damage in [&b"garbage\n"[..], b"\n", b"{}\n", b"\0\0\0\n"] {
        let mut disk = disk(2, damage);
        let before = disk.journal.clone();
        let fault = append(&mut disk, &draft("next"), &[]).unwrap_err();
        assert!(matches!(fault, Fault::Corrupt { line: 3, .. }), "{fault:?}");
        assert_eq!(disk.journal, before);
    }
}

#[test]
fn nothing_is_appended_after_rows_were_cut_off_or_replaced() {
    let whole = disk(3, b"");
    let lines: Vec<&[u8]> = whole.journal.split_inclusive(|byte| *byte == b'\n').collect();
    for keep in 0..3 {
        let mut cut = Disk { journal: lines[..keep].concat(), head: whole.head.clone(), ..Disk::default() };
        let fault = append(&mut cut, &draft("next"), &[]).unwrap_err();
        assert!(matches!(fault, Fault::Truncated { expected: 3, .. }), "{keep}: {fault:?}");
    }
    // The last row is replaced by a well-formed other one.
    let prev = unseal(lines[1].trim_ascii_end()).unwrap().hash;
    let other = seal(&draft("forged"), 3, &prev);
    let journal = [lines[0], lines[1], other.line.as_bytes()].concat();
    let mut forged = Disk { journal, head: whole.head.clone(), ..Disk::default() };
    assert!(matches!(append(&mut forged, &draft("next"), &[]), Err(Fault::Truncated { .. })));
}

#[test]
fn a_lost_head_file_is_replaced_and_noted() {
    for head in [&b""[..], b"junk", &[0; 136]] {
        let mut disk = disk(2, b"");
        disk.head = head.to_vec();
        assert!(!disk.verify().is_clean(), "a journal without its head is not clean");
        append(&mut disk, &draft("next"), &[]).unwrap();
        let report = disk.verify();
        assert!(report.is_clean());
        assert_eq!(report.repairs, [3]);
    }
}

#[test]
fn rows_are_bounded_and_the_longest_one_can_be_followed() {
    let mut disk = disk(1, b"");
    let fault = append(&mut disk, &draft(&"x".repeat(MAX_ROW)), &[]).unwrap_err();
    assert!(matches!(fault, Fault::TooLarge(_)));
    let room = MAX_ROW - seal(&draft(""), 2, GENESIS).line.len();
    append(&mut disk, &draft(&"x".repeat(room)), &[]).unwrap();
    append(&mut disk, &draft("after the longest"), &[]).unwrap();
    assert!(disk.verify().is_clean());
}
