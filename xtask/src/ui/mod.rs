//! The page in a real browser: a session by the real binary, Chromium without a head, and a person's clicks and keys.

mod browser;
mod cdp;
mod flows;
mod install;
mod scene;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use crate::report::Report;
use browser::Browser;
use scene::Scene;

/// Shown for bad usage.
pub(crate) const USAGE: &str = "cargo xtask ui [--pictures] [--flow PART]\n\
     \x20   clicks through the page in Chromium; --pictures writes the README's pictures to docs/img";

/// The command line of `cargo xtask ui`.
pub(crate) fn main(workspace: &Path, arguments: &[OsString]) -> ExitCode {
    let mut pictures = false;
    let mut part = String::new();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match argument.to_str() {
            Some("--pictures") => pictures = true,
            Some("--flow") => {
                part = rest.next().and_then(|value| value.to_str()).unwrap_or_default().to_owned()
            }
            _ => {
                eprintln!("usage: {USAGE}");
                return ExitCode::from(2);
            }
        }
    }
    let report = run(workspace, pictures, &part);
    print!("{}", report.details());
    println!("ui: {}", report.counts());
    if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Every flow, in order: they share one session, as one person would have it.
pub(crate) fn all(workspace: &Path) -> Report {
    run(workspace, false, "")
}

fn run(workspace: &Path, pictures: bool, part: &str) -> Report {
    let tools = match install::ensure(workspace) {
        Ok(tools) => tools,
        Err(reason) => {
            eprintln!("SKIPPED: the page in a browser: {reason}");
            return Report { skipped: vec![("ui".to_owned(), reason)], ..Report::default() };
        }
    };
    let mut report = Report::default();
    let begun =
        Scene::new(workspace).and_then(|scene| Ok((Browser::start(&tools.chromium, &scene.root)?, scene)));
    let (mut browser, scene) = match begun {
        Ok(begun) => begun,
        Err(error) => {
            report.failed.push(("ui".to_owned(), error));
            return report;
        }
    };
    if pictures {
        let taken = flows::pictures(&mut browser, &scene, &workspace.join("docs/img"));
        report.failed.extend(taken.err().map(|error| ("ui: pictures".to_owned(), error)));
        report.measured.push(("ui".to_owned(), "pictures only; without --pictures the flows run".to_owned()));
        return report;
    }
    for (name, flow) in flows::FLOWS.iter().filter(|(name, _)| name.contains(part) || *name == "log in") {
        match flow(&mut browser, &scene) {
            Ok(()) => report.passed += 1,
            Err(error) => {
                let seen = browser
                    .text("document.title + ' | ' + document.body.innerText.slice(0, 400)")
                    .unwrap_or_default();
                report.failed.push((
                    format!("ui: {name}"),
                    format!("{error}; on the page: {}", seen.replace('\n', " / ")),
                ));
            }
        }
    }
    match flows::accessible(&mut browser, &scene, &tools.axe) {
        Ok(count) => report.passed += count,
        Err(error) => report.failed.push(("ui: axe".to_owned(), error)),
    }
    report
}
