//! What a change did to the findings: cases as data, and cases made by operators whose outcome is known.
//!
//! A case is a file or several, written as a diff: lines before have a blank or `-` in front, lines after a blank or `+`. A word
//! behind `#!` says that a finding begins on the line and what the change did to it; `src` is where its value comes from.
//! Labels are taken off before the texts are compared.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    reason = "a test stops at the first surprise"
)]

mod case;
mod generate;
mod real;

use std::collections::BTreeMap;

use case::{Case, Label};
use wardline_scan::change::{Snapshot, State, compare, fingerprints};

const FILES: [&str; 5] = [
    include_str!("cases/stays.diff"),
    include_str!("cases/moves.diff"),
    include_str!("cases/new.diff"),
    include_str!("cases/fixed.diff"),
    include_str!("cases/worse.diff"),
];

fn cases() -> Vec<Case> {
    FILES.iter().flat_map(|text| case::read(text)).collect()
}

/// What is wrong with the comparison of a case; empty when nothing is.
fn wrong(case: &Case) -> Vec<String> {
    let (before, after) = (case.side(false), case.side(true));
    let result = compare(
        Snapshot { texts: &before.texts, findings: &before.findings },
        Snapshot { texts: &after.texts, findings: &after.findings },
    );
    let mut wrong = Vec::new();
    let mut either = (0, 0);
    for ((label, state), finding) in after.labels.iter().zip(&result.states).zip(&after.findings) {
        let right = match label {
            Label::New => *state == State::Introduced,
            Label::Worse => matches!(state, State::Worsened { .. }),
            Label::Either => {
                either.0 += usize::from(*state == State::Introduced);
                either.1 += 1;
                true
            }
            _ => matches!(state, State::PreExisting { .. }),
        };
        if !right {
            wrong.push(format!(
                "{}: {} at {}:{:?} is {state:?}",
                case.name,
                label.word(),
                finding.path,
                finding.span
            ));
        }
    }
    if either.1 > 0 && either.0 != 1 {
        wrong.push(format!("{}: {} of {} are new", case.name, either.0, either.1));
    }
    for (index, label) in before.labels.iter().enumerate() {
        if result.fixed.contains(&index) != (*label == Label::Fixed) {
            wrong.push(format!("{}: before, {} number {index} is wrong", case.name, label.word()));
        }
    }
    wrong
}

#[test]
fn every_case_is_told_right() {
    let cases = cases();
    let wrong: Vec<String> = cases.iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(cases.len() >= 100, "{}", cases.len());
}

#[test]
fn what_operators_do_is_told_right() {
    let cases = generate::cases();
    let wrong: Vec<String> = cases.iter().flat_map(wrong).collect();
    assert!(wrong.is_empty(), "{} of {} wrong:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
    assert!(cases.len() >= 300, "{}", cases.len());
}

/// Nothing is changed by no change, and no finding before is the origin of two.
#[test]
fn comparing_is_one_to_one() {
    for case in cases().into_iter().chain(generate::cases()) {
        let (before, after) = (case.side(false), case.side(true));
        let one = Snapshot { texts: &before.texts, findings: &before.findings };
        let other = Snapshot { texts: &after.texts, findings: &after.findings };
        let itself = compare(other, other);
        let same = |(at, state): (usize, &State)| *state == State::PreExisting { before: at };
        assert!(itself.fixed.is_empty() && itself.states.iter().enumerate().all(same), "{}", case.name);
        let result = compare(one, other);
        let mut origins: Vec<usize> = result.fixed.clone();
        origins.extend(result.states.iter().filter_map(|state| match state {
            State::Introduced => None,
            State::Worsened { before } | State::PreExisting { before } => Some(*before),
        }));
        origins.sort_unstable();
        assert_eq!(origins, (0..before.findings.len()).collect::<Vec<_>>(), "{}", case.name);
    }
}

#[test]
fn a_fingerprint_stays_while_lines_move_and_goes_with_what_it_names() {
    let by_name: BTreeMap<String, Case> = cases().into_iter().map(|case| (case.name.clone(), case)).collect();
    let prints = |name: &str, after: bool| {
        let side = by_name[name].side(after);
        fingerprints(&side.texts, &side.findings)
    };
    for same in [
        "lines above",
        "an inline suppression",
        "broken into lines",
        "other quotes",
        "two that are the same, lines between",
    ] {
        assert_eq!(prints(same, false), prints(same, true), "{same}");
    }
    for other in [
        "the function has another name",
        "another source of the same request",
        "the file has another name",
        "a column more",
    ] {
        assert_ne!(prints(other, false), prints(other, true), "{other}");
    }
    let two = prints("two that are the same, lines between", true);
    assert_ne!(two[0], two[1], "copies have names of their own");
    assert!(two.iter().all(|print| print.len() == 32 && print.chars().all(|c| c.is_ascii_hexdigit())));
}
