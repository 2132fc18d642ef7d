//! How many rows a second, against bare `write` + `fdatasync` on the same disk: `cargo run --release --example throughput`.
#![expect(clippy::print_stdout, reason = "a bench prints its figures")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot write has no figures")]

use serde_json::{Map, Value};
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::time::Instant;
use wardline_audit::{Draft, Journal, Kind, verify};

const ROWS: u32 = 2000;

fn main() {
    let place = std::env::current_dir().unwrap().join(format!("wardline-throughput-{}", std::process::id()));
    std::fs::create_dir_all(&place).unwrap();
    let bare = rate(|| bare(&place.join("bare")));
    let one = rate(|| append(&place.join("one.jsonl"), 1));
    let eight = rate(|| append(&place.join("eight.jsonl"), 8));
    let checked = rate(|| assert!(verify(&place.join("one.jsonl")).unwrap().is_clean()));
    std::fs::remove_dir_all(&place).unwrap();
    println!("bare write + fdatasync   {bare:>8.0} rows/s");
    println!("append, one writer       {one:>8.0} rows/s  ({:.2} of bare)", one / bare);
    println!("append, eight threads    {eight:>8.0} rows/s  ({:.2} of bare)", eight / bare);
    println!("verify                   {checked:>8.0} rows/s");
}

fn rate(work: impl FnOnce()) -> f64 {
    let begin = Instant::now();
    work();
    f64::from(ROWS) / begin.elapsed().as_secs_f64()
}

fn bare(path: &Path) {
    let mut file = File::create(path).unwrap();
    for _ in 0..ROWS {
        file.write_all(&[b'x'; 500]).unwrap();
        file.sync_data().unwrap();
    }
}

fn append(path: &Path, threads: u32) {
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                let journal = Journal::open(path).unwrap();
                for _ in 0..ROWS / threads {
                    journal.append(&draft()).unwrap();
                }
            });
        }
    });
}

fn draft() -> Draft {
    let text = "cargo test --workspace --all-features && git status --short && ls -la target/debug";
    Draft {
        time: "2026-11-21T00:00:00Z".to_owned(),
        session: "0123456789abcdef".to_owned(),
        kind: Kind::Intent,
        call: Some("call-1".to_owned()),
        body: Map::from_iter([
            ("decision".to_owned(), Value::from("allow")),
            ("target".to_owned(), Value::from(text)),
        ]),
    }
}
