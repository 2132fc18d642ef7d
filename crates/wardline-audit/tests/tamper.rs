//! Whatever one does to a single row of a journal, verification sees it and names the row.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where it cannot go on")]

mod common;

use common::{Place, draft};
use proptest::prelude::*;
use std::fs;
use wardline_audit::{Flaw, Journal, Kind, Report, export, verify};

/// A journal of some rows, its lines with their newlines.
fn lines(place: &Place, rows: usize) -> Vec<Vec<u8>> {
    let journal = Journal::open(&place.journal()).unwrap();
    for row in 0..rows {
        journal.append(&draft(Kind::Note, &format!("row {row}"))).unwrap();
    }
    let bytes = fs::read(place.journal()).unwrap();
    bytes.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

fn verify_lines(place: &Place, lines: &[Vec<u8>]) -> Report {
    fs::write(place.journal(), lines.concat()).unwrap();
    verify(&place.journal()).unwrap()
}

#[derive(Debug, Clone)]
enum Tampering {
    Edit { at: usize, byte: usize, to: u8 },
    Delete { at: usize },
    Repeat { at: usize, to: usize },
    Swap { a: usize, b: usize },
    Cut { keep: usize },
    Insert { at: usize, text: String },
}

const ROWS: usize = 8;

fn tampering() -> impl Strategy<Value = Tampering> {
    prop_oneof![
        (0..ROWS, any::<prop::sample::Index>(), any::<u8>()).prop_map(|(at, byte, to)| Tampering::Edit {
            at,
            byte: byte.index(250),
            to
        }),
        (0..ROWS).prop_map(|at| Tampering::Delete { at }),
        (0..ROWS, 0..=ROWS).prop_map(|(at, to)| Tampering::Repeat { at, to }),
        (0..ROWS, 0..ROWS).prop_map(|(a, b)| Tampering::Swap { a, b }),
        (0..ROWS).prop_map(|keep| Tampering::Cut { keep }),
        (0..=ROWS, "[ -~]{0,80}").prop_map(|(at, text)| Tampering::Insert { at, text }),
    ]
}

impl Tampering {
    fn apply(&self, lines: &mut Vec<Vec<u8>>) {
        match self {
            Self::Edit { at, byte, to } => {
                let line = &mut lines[*at];
                let byte = byte % line.len();
                line[byte] = *to;
            }
            Self::Delete { at } => drop(lines.remove(*at)),
            Self::Repeat { at, to } => lines.insert(*to, lines[*at].clone()),
            Self::Swap { a, b } => lines.swap(*a, *b),
            Self::Cut { keep } => lines.truncate(*keep),
            Self::Insert { at, text } => lines.insert(*at, format!("{text}\n").into_bytes()),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(400) })]
    #[test]
    fn every_change_to_a_single_row_is_detected(change in tampering()) {
        let place = Place::new("tamper");
        let original = lines(&place, ROWS);
        prop_assert!(verify_lines(&place, &original).is_clean());
        let mut changed = original.clone();
        change.apply(&mut changed);
        prop_assume!(changed.concat() != original.concat());
        let report = verify_lines(&place, &changed);
        prop_assert!(!report.is_clean(), "{:?}", report);
    }
}

#[test]
fn the_first_bad_row_is_named_with_what_is_wrong() {
    let place = Place::new("named");
    let rows = lines(&place, 5);
    let edited = |index: usize| {
        let text = String::from_utf8(rows[index].clone()).unwrap();
        text.replace("row ", "raw ").into_bytes()
    };
    type Case<'a> = (&'a str, Vec<Vec<u8>>, u64, Flaw);
    let cases: Vec<Case<'_>> = vec![
        ("edited", [&rows[..2], &[edited(2)], &rows[3..]].concat(), 3, Flaw::HashMismatch),
        ("deleted", [&rows[..2], &rows[3..]].concat(), 3, Flaw::SeqGap { expected: 3, found: 4 }),
        ("repeated", [&rows[..3], &rows[2..]].concat(), 4, Flaw::Duplicate { seq: 3 }),
        ("first deleted", rows[1..].to_vec(), 1, Flaw::SeqGap { expected: 1, found: 2 }),
        ("blank line", [&rows[..1], &[b"\n".to_vec()], &rows[1..]].concat(), 2, unended()),
    ];
    for (name, changed, line, what) in cases {
        let bad = verify_lines(&place, &changed).first_bad.unwrap();
        assert_eq!((bad.line, bad.what), (line, what), "{name}");
    }
}

fn unended() -> Flaw {
    Flaw::Unparsable("the line does not end in a hash".to_owned())
}

#[test]
fn a_row_from_another_journal_does_not_fit() {
    let (here, there) = (Place::new("here"), Place::new("there"));
    let mut rows = lines(&here, 4);
    let journal = Journal::open(&there.journal()).unwrap();
    for row in 0..4 {
        journal.append(&draft(Kind::Note, &format!("other {row}"))).unwrap();
    }
    let foreign = fs::read(there.journal()).unwrap();
    rows[1] = foreign.split_inclusive(|byte| *byte == b'\n').nth(1).unwrap().to_vec();
    let report = verify_lines(&here, &rows);
    assert_eq!(report.first_bad.map(|bad| (bad.line, bad.what)), Some((2, Flaw::PrevMismatch)));
}

#[test]
fn rows_cut_off_the_end_are_missed_because_of_the_head_file() {
    let place = Place::new("cut");
    let rows = lines(&place, 4);
    for keep in 0..4 {
        let report = verify_lines(&place, &rows[..keep]);
        assert!(report.truncated && !report.is_clean() && report.first_bad.is_none(), "{keep}: {report:?}");
    }
    // Cut within the last row: the unfinished rest is no error, the missing row is.
    let mut cut = rows.concat();
    cut.truncate(cut.len() - 5);
    fs::write(place.journal(), cut).unwrap();
    let report = verify(&place.journal()).unwrap();
    assert!(report.truncated && report.torn_tail);
}

#[test]
fn allowed_effects_without_an_outcome_are_listed() {
    let place = Place::new("outcomes");
    let journal = Journal::open(&place.journal()).unwrap();
    let rows = [
        (Kind::Intent, "s1", "c1", "allow"),
        (Kind::Intent, "s1", "c2", "deny"),
        (Kind::Intent, "s1", "c3", "allow"),
        (Kind::Intent, "s2", "c1", "allow"),
        (Kind::Outcome, "s1", "c1", "done"),
    ];
    for (kind, session, call, decision) in rows {
        let mut draft = draft(kind, "x");
        draft.session = session.to_owned();
        draft.call = Some(call.to_owned());
        draft.body.insert("decision".to_owned(), decision.into());
        journal.append(&draft).unwrap();
    }
    let report = verify(&place.journal()).unwrap();
    let missing: Vec<_> =
        report.missing_outcomes.iter().map(|m| (m.seq, m.session.as_str(), m.call.as_str())).collect();
    assert_eq!(missing, [(3, "s1", "c3"), (4, "s2", "c1")]);
    assert!(report.is_clean() && !report.is_complete());
}

#[test]
fn an_exported_copy_can_be_verified_alone() {
    let place = Place::new("export");
    let original = lines(&place, 3).concat();
    let mut copy = Vec::new();
    let manifest = export(&place.journal(), wardline_audit::Format::JsonLines, &mut copy).unwrap();
    assert_eq!(copy, original);
    let json = manifest.to_json();
    assert_eq!((json["rows"].as_u64(), json["head"]["seq"].as_u64()), (Some(3), Some(3)));
    assert_eq!(json["clean"], true);

    let mut array = Vec::new();
    export(&place.journal(), wardline_audit::Format::Json, &mut array).unwrap();
    let array: Vec<serde_json::Value> = serde_json::from_slice(&array).unwrap();
    assert_eq!(array.len(), 3);
    assert_eq!(array[2]["hash"].as_str(), json["head"]["hash"].as_str());
}
