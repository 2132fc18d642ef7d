//! Runs a test command, shows its output as it comes, and reads the counts from it.

use std::io::{self, BufRead as _, BufReader};
use std::process::{Command, ExitStatus, Stdio};

use crate::report::Report;

/// Runs a test command; a failing command always counts as a failure, whatever could be read.
pub(super) fn judge(name: &str, command: &mut Command) -> Report {
    match stream(command) {
        Ok((status, lines)) => {
            let mut report = read(&lines);
            if !status.success() && report.failed.is_empty() {
                report.failed.push((name.to_owned(), format!("ended with {status}")));
            }
            report
        }
        Err(error) => Report { failed: vec![(name.to_owned(), error.to_string())], ..Report::default() },
    }
}

/// Runs a command, prints both its streams as they come, and returns them as lines.
fn stream(command: &mut Command) -> io::Result<(ExitStatus, Vec<String>)> {
    let (reader, writer) = io::pipe()?;
    let mut child =
        command.stdin(Stdio::null()).stdout(writer.try_clone()?).stderr(writer).spawn().map_err(|error| {
            io::Error::new(error.kind(), format!("{}: {error}", command.get_program().display()))
        })?;
    // The command holds the writing end too: as long as it does, reading would never end.
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let mut lines = Vec::new();
    for line in BufReader::new(reader).split(b'\n') {
        let line = String::from_utf8_lossy(&line?).into_owned();
        println!("{line}");
        lines.push(line);
    }
    Ok((child.wait()?, lines))
}

/// Reads the summaries of `cargo test`, of test programs and of `cargo nextest`.
fn read(lines: &[String]) -> Report {
    let mut report = Report::default();
    let mut ignored = 0;
    for line in lines {
        let line = line.trim();
        if let Some(rest) = line.strip_prefix("test result: ") {
            report.passed += number(rest, " passed");
            ignored += number(rest, " ignored");
        } else if let Some((_, rest)) =
            line.split_once(" tests run: ").or_else(|| line.split_once(" test run: "))
        {
            report.passed += number(rest, " passed");
            ignored += number(rest, " skipped");
        } else if line.ends_with(" failed") && line.starts_with(|c: char| c.is_ascii_digit()) {
            // `12 passed, 0 failed`, from test programs with a runner of their own.
            report.passed += number(line, " passed");
        } else if let Some(test) = failed_test(line) {
            let entry = (test.to_owned(), "failed, see above".to_owned());
            if !report.failed.contains(&entry) {
                report.failed.push(entry);
            }
        }
    }
    // Nextest repeats the output of a failed test, in which the same test has its short name.
    let names: Vec<String> = report.failed.iter().map(|(name, _)| name.clone()).collect();
    report.failed.retain(|(name, _)| !names.iter().any(|other| other.ends_with(&format!(" {name}"))));
    if ignored > 0 {
        report.skipped.push(("tests".to_owned(), format!("{ignored} marked as ignored in the code")));
    }
    report
}

/// The test that a line reports as failed.
fn failed_test(line: &str) -> Option<&str> {
    let plain = line.strip_prefix("test ").and_then(|rest| rest.strip_suffix(" ... FAILED"));
    // `FAIL [   0.003s] crate module::name`, also for tests that died or were too slow.
    let nextest = ["FAIL [", "TIMEOUT [", "SIGABRT [", "SIGSEGV [", "SIGKILL ["]
        .iter()
        .find_map(|word| line.strip_prefix(word))
        .and_then(|rest| rest.split_once(']'))
        .map(|(_, name)| name.trim());
    // Newer versions count along: `(3/40) crate module::name`.
    let nextest = nextest.map(|name| match name.split_once(") ") {
        Some((count, rest)) if count.starts_with('(') => rest,
        _ => name,
    });
    // `---- module::name stdout ----`, all that `cargo test --quiet` says of one test.
    let quiet = line.strip_prefix("---- ").and_then(|rest| rest.strip_suffix(" stdout ----"));
    plain.or(nextest).or(quiet)
}

/// The number right before a word, or zero.
fn number(text: &str, word: &str) -> usize {
    let before = text.split_once(word).map_or("", |(before, _)| before);
    let digits = before.rsplit(|c: char| !c.is_ascii_digit()).next().unwrap_or_default();
    digits.parse().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summaries_of_every_runner_are_read() {
        let table: &[(&[&str], usize, &[&str], usize)] = &[
            (&["test result: ok. 4 passed; 0 failed; 1 ignored; 0 measured"], 4, &[], 1),
            (
                &["test a::b ... FAILED", "test result: FAILED. 3 passed; 1 failed; 0 ignored"],
                3,
                &["a::b"],
                0,
            ),
            (
                &["---- a::b stdout ----", "test result: FAILED. 0 passed; 1 failed; 0 ignored"],
                0,
                &["a::b"],
                0,
            ),
            (&["     Summary [   0.020s] 12 tests run: 12 passed, 3 skipped"], 12, &[], 1),
            (&["12 passed, 0 failed"], 12, &[], 0),
            (&["     Summary [   0.020s] 1 test run: 1 passed, 0 skipped"], 1, &[], 0),
            (
                &[
                    "        FAIL [   0.003s] (1/2) wardline a::b",
                    "    test a::b ... FAILED",
                    "     Summary [   0.1s] 2 tests run: 1 passed, 1 failed, 0 skipped",
                    "        FAIL [   0.003s] (1/2) wardline a::b",
                ],
                1,
                &["wardline a::b"],
                0,
            ),
        ];
        for (lines, passed, failed, skips) in table {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            let report = read(&lines);
            let names: Vec<&str> = report.failed.iter().map(|(name, _)| name.as_str()).collect();
            assert_eq!(
                (report.passed, names.as_slice(), report.skipped.len()),
                (*passed, *failed, *skips),
                "{lines:?}"
            );
        }
    }

    #[test]
    fn a_command_that_dies_or_is_missing_is_a_failure() {
        for (program, argument) in [("false", "x"), ("/nonexistent/program", "x"), ("sh", "-c")] {
            let report = judge("probe", Command::new(program).arg(argument));
            assert_eq!((report.passed, report.failed.len()), (0, 1), "{program}");
        }
    }
}
