//! Many processes at one journal, and processes killed at random moments. The test binary runs itself as the writers.
#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

mod common;

use common::{Place, draft};
use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use wardline_audit::{Journal, Kind, read, verify};

const JOURNAL: &str = "WARDLINE_STRESS_JOURNAL";
const ROWS: &str = "WARDLINE_STRESS_ROWS";

/// Not a test of its own: what the writer processes run. Prints the number of each row once it is acknowledged.
#[test]
fn writer_process() {
    let (Some(path), Ok(rows)) = (std::env::var_os(JOURNAL), std::env::var(ROWS)) else { return };
    let journal = Journal::open(path.as_ref()).unwrap().patience(Duration::from_secs(120));
    let mut out = std::io::stdout().lock();
    for row in 0..rows.parse().unwrap() {
        let text = format!("process {} row {row} {}", std::process::id(), "x".repeat(row % 700));
        let receipt = journal.append(&draft(Kind::Note, &text)).unwrap();
        out.write_all(format!("\nack {} {}\n", receipt.seq, receipt.hash).as_bytes()).unwrap();
        out.flush().unwrap();
    }
}

fn start_writer(place: &Place, rows: usize) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "writer_process", "--nocapture", "--test-threads=1"])
        .env(JOURNAL, place.journal())
        .env(ROWS, rows.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Every complete acknowledgement that a writer printed before it ended.
fn acknowledged(writer: &mut Child) -> Vec<(u64, String)> {
    let mut found = Vec::new();
    let mut out = BufReader::new(writer.stdout.take().unwrap());
    let mut line = String::new();
    while out.read_line(&mut line).unwrap_or(0) > 0 {
        if let Some(rest) = line.strip_suffix('\n').and_then(|line| line.strip_prefix("ack ")) {
            let (seq, hash) = rest.split_once(' ').unwrap();
            found.push((seq.parse().unwrap(), hash.to_owned()));
        }
        line.clear();
    }
    found
}

fn rows(place: &Place) -> BTreeSet<(u64, String)> {
    read(&place.journal()).unwrap().map(|entry| entry.map(|entry| (entry.seq, entry.hash)).unwrap()).collect()
}

#[test]
fn sixty_four_processes_appending_at_once_keep_one_chain() {
    const EACH: usize = 20;
    let place = Place::new("many");
    let mut writers: Vec<Child> = (0..64).map(|_| start_writer(&place, EACH)).collect();
    let mut seen = BTreeSet::new();
    for writer in &mut writers {
        let receipts = acknowledged(writer);
        assert_eq!(receipts.len(), EACH);
        assert!(writer.wait().unwrap().success());
        seen.extend(receipts);
    }
    let report = verify(&place.journal()).unwrap();
    assert!(report.is_clean() && report.repairs.is_empty() && report.beyond_head == 0, "{report:?}");
    assert_eq!(report.rows, 64 * EACH as u64);
    assert_eq!(seen, rows(&place), "every row was acknowledged once, and every acknowledged row is there");
}

#[test]
fn a_thousand_kills_lose_no_acknowledged_row() {
    const KILLS: usize = 1000;
    let place = Place::new("kills");
    let left = AtomicUsize::new(KILLS);
    let seen = Mutex::new(BTreeSet::new());
    std::thread::scope(|scope| {
        for worker in 0..8_u64 {
            let (place, left, seen) = (&place, &left, &seen);
            scope.spawn(move || {
                let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ (worker + u64::from(std::process::id()));
                while left
                    .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1))
                    .is_ok()
                {
                    let mut writer = start_writer(place, usize::MAX);
                    random ^= random << 13;
                    random ^= random >> 7;
                    random ^= random << 17;
                    std::thread::sleep(Duration::from_micros(random % 60_000));
                    writer.kill().unwrap();
                    let receipts = acknowledged(&mut writer);
                    let status = writer.wait().unwrap();
                    assert!(!status.success(), "a writer without end was killed");
                    seen.lock().unwrap().extend(receipts);
                }
            });
        }
    });
    let seen = seen.into_inner().unwrap();
    let report = verify(&place.journal()).unwrap();
    assert!(report.is_clean(), "{report:?}");
    let rows = rows(&place);
    let lost: Vec<_> = seen.difference(&rows).collect();
    assert!(lost.is_empty(), "lost: {lost:?}");
    assert!(seen.len() > KILLS / 4, "only {} rows were written", seen.len());
    println!(
        "{KILLS} kills, {} acknowledged, {} rows, {} repairs, torn tail {}",
        seen.len(),
        rows.len(),
        report.repairs.len(),
        report.torn_tail
    );
    // The next writer goes on, whatever the last kill left.
    Journal::open(&place.journal()).unwrap().append(&draft(Kind::Note, "after")).unwrap();
    let report = verify(&place.journal()).unwrap();
    assert!(report.is_clean() && !report.torn_tail && report.beyond_head == 0, "{report:?}");
}
