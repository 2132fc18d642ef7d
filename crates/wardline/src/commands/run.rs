//! `wardline run`: a program, usually an agent, in a guarded session.

use std::ffi::OsString;
use std::fs::OpenOptions;
use std::io::{IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::sync::Arc;

use wardline_hooks::{Asking, answer_in_session, known_agent};
use wardline_monitor::approvals::Told;
use wardline_monitor::caps::NotGiven;
use wardline_monitor::policy::OnAsk;
use wardline_monitor::sandbox::{Ahead, Appeared, Ended};
use wardline_monitor::session::{self, RefusedConnection, Summary};
use wardline_monitor::socket::Answerer;
use wardline_monitor::{Doorkeeper, Monitor, Subject, TypedTerminal, World, visible};

use super::exec::{Boundary, Printing, check_agent, print_manifest, refused};
use super::gate;
use super::hook;
use super::init::places;
use super::quarantine;
use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Known agents (claude, codex, opencode, kilo, gemini) get their hooks for this run, their own \
                        directories and their model's host; nothing of yours is edited. Exit codes: the program's own \
                        (128 + N after signal N); 30 when it ended well and the gate is red; 2 for bad usage or configuration; 127 no such program, 126 not \
                        executable, 125 the sandbox or the journal failed."
)]
pub(crate) struct Run {
    #[command(flatten)]
    limits: Boundary,
    #[command(flatten)]
    printing: Printing,
    /// Say nothing at the end
    #[arg(long, short)]
    quiet: bool,
    /// The program and its arguments
    #[arg(last = true, required = true, value_name = "PROGRAM")]
    argv: Vec<OsString>,
}

impl Run {
    pub(crate) fn run(self, world: World, ahead: Option<Ahead>) -> ExitCode {
        let mut guard = self.limits.guard(self.argv);
        let holds = |argv: &[OsString]| session::has_manifest(&world, argv);
        match known_agent(&places(&world), &guard.argv, &holds) {
            Ok(Some(known)) => {
                known.warnings.iter().for_each(|warning| eprintln!("wardline: {warning}"));
                guard.profile = known.profile;
                guard.argv = known.argv;
                guard.mediated = true;
            }
            Ok(None) => {}
            Err(refusal) => return exit::fail(exit::USAGE, refusal),
        }
        if self.printing.print_manifest {
            return print_manifest(&world, &self.limits.policy, &guard, true, self.printing.json);
        }
        let monitor = match Monitor::open(world, &self.limits.policy.choice(), true) {
            Ok(monitor) => Arc::new(monitor),
            Err(e) => return exit::fail(exit::USAGE, e),
        };
        if let Err(e) = check_agent(&guard, monitor.policy()) {
            return exit::fail(exit::USAGE, e);
        }
        // A headless agent has nobody to ask, whatever its protocol knows.
        let attended = std::io::stdin().is_terminal() && !guard.argv.iter().any(headless);
        guard.keeper = match self.limits.broker(&monitor) {
            Ok(Some(broker)) => Some(Doorkeeper(Arc::new(broker.telling(out_of_band(attended))))),
            Ok(None) => attended.then(|| Doorkeeper(Arc::new(TypedTerminal))),
            Err(e) => return exit::fail(exit::FAILED, e),
        };
        let on_ask = self.limits.on_ask;
        match session::run(&monitor, &guard, ahead, |monitor, subject| {
            answerer(monitor, subject, attended, on_ask)
        }) {
            Ok(summary) => {
                if !self.quiet {
                    eprint!("{}", describe(&summary));
                    if attended && std::io::stderr().is_terminal() {
                        quarantine::offer(monitor.world(), &summary.held);
                    }
                }
                let code = summary.ended.exit_code();
                // Only agents whose work is mediated have a base.
                if guard.mediated
                    && gate::is_red_at_end(&monitor, &summary.session, self.quiet)
                    && code == exit::OK
                {
                    return ExitCode::from(exit::RED);
                }
                ExitCode::from(code)
            }
            Err(e) => refused(&e),
        }
    }
}

/// The flags by which agents are told to work without a person.
fn headless(word: &OsString) -> bool {
    ["-p", "--print", "--prompt", "exec", "run"].iter().any(|flag| word == flag)
}

/// What answers the session's hooks: the raw input of one in, its reply out.
pub(crate) fn answerer(
    monitor: &Arc<Monitor>,
    subject: &Subject,
    attended: bool,
    on_ask: Option<OnAsk>,
) -> Arc<Answerer> {
    let monitor = Arc::clone(monitor);
    let session = subject.session.clone();
    Arc::new(move |input, wanted| {
        fault();
        if input == hook::PRESENT {
            return hook::PRESENT.to_vec();
        }
        let told = Some(out_of_band(attended));
        let asking = Asking { attended, on_ask, wanted: Arc::clone(wanted), told };
        hook::encode(&answer_in_session(&monitor, &session, input, &asking))
    })
}

/// Says of a question on the board that it is there. Where an agent draws on the terminal, nothing is written into its picture: the
/// bell rings and the window's title says it.
pub(crate) fn out_of_band(attended: bool) -> Told {
    Arc::new(move |question, open| {
        let id = question.id.get(..8).unwrap_or(&question.id);
        if attended {
            let title: String = format!("wardline asks: {} (wardline approve)", question.permission)
                .chars()
                .filter(|c| !c.is_control())
                .collect();
            // The title is put aside and taken back.
            let text = if open {
                let notice = notification(|name| std::env::var(name).ok(), &title);
                format!("\u{1b}[22;2t\u{1b}]2;{title}\u{1b}\\\u{7}{notice}")
            } else {
                "\u{1b}[23;2t".to_owned()
            };
            let terminal = OpenOptions::new().write(true).open("/dev/tty");
            // Who has no terminal sees the question on the board all the same.
            terminal.and_then(|mut terminal| terminal.write_all(text.as_bytes())).ok();
        } else if open {
            eprintln!(
                "wardline asks: {} {} (question {id}; answer with `wardline approve` in a terminal)",
                question.permission,
                one_line(&question.action)
            );
        }
    })
}

/// The sequence by which a terminal shows a notification of the desktop's, for those that are known to take it; nothing for others, which
/// might print it into an agent's picture. `title` holds no control characters.
fn notification(variable: impl Fn(&str) -> Option<String>, title: &str) -> String {
    // Between a multiplexer and us, the terminal's name is the multiplexer's.
    if variable("TMUX").is_some() || variable("STY").is_some() {
        return String::new();
    }
    let title = title.replace(';', ",");
    let (term, program) =
        (variable("TERM").unwrap_or_default(), variable("TERM_PROGRAM").unwrap_or_default());
    match (term.as_str(), program.as_str()) {
        (_, "iTerm.app") => format!("\u{1b}]9;{title}\u{1b}\\"),
        ("foot" | "foot-extra" | "xterm-kitty" | "xterm-ghostty", _) | (_, "WezTerm" | "ghostty") => {
            format!("\u{1b}]777;notify;wardline;{title}\u{1b}\\")
        }
        _ => String::new(),
    }
}

/// Faults for the tests of failing closed; release builds have none.
#[cfg(not(debug_assertions))]
fn fault() {}

/// A monitor that hears every question and answers none.
#[cfg(debug_assertions)]
fn fault() {
    if std::env::var("WARDLINE_FAULT").as_deref() == Ok("monitor-hang") {
        std::thread::sleep(std::time::Duration::from_secs(3600));
    }
}

/// The end of a session for a person: what ran, what was refused and why, what changed, where the log is.
pub(crate) fn describe(summary: &Summary) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    let refused: u32 = summary.counts.refused.iter().map(|(_, times)| times).sum();
    let counts = &summary.counts;
    writeln!(
        text,
        "\nwardline: {} allowed, {} asked, {refused} refused, {} files changed",
        counts.allowed,
        counts.asked,
        summary.changes.len()
    )
    .ok();
    for (refusal, times) in counts.refused.iter().take(LINES) {
        writeln!(
            text,
            "  refused {} {}{}",
            one_line(&refusal.permission),
            one_line(&refusal.target),
            often(*times)
        )
        .ok();
        writeln!(text, "          {} — {}", one_line(&refusal.text), one_line(&refusal.rule)).ok();
    }
    more(&mut text, "refusals", counts.refused.len());
    text.push_str(&refused_connections(&summary.connections));
    text.push_str(&secrets_not_given(&summary.not_given));
    for (path, change) in summary.changes.iter().take(LINES) {
        writeln!(text, "  {} {}", change.letter(), visible(&path.to_string_lossy())).ok();
    }
    more(&mut text, "changes", summary.changes.len());
    for (path, why) in summary.unmediated.iter().take(LINES) {
        writeln!(text, "  perhaps without a decision: {}: {why}", visible(&path.to_string_lossy())).ok();
    }
    if summary.repository_lost {
        writeln!(text, "  THE REPOSITORY IS DAMAGED: .git has lost its HEAD, refs or objects").ok();
    }
    if let Some(number) = summary.checkpoint.filter(|_| !summary.changes.is_empty()) {
        writeln!(text, "  undo: wardline changes, wardline revert --all  (checkpoint {number})").ok();
    }
    text.push_str(&summary.no_checkpoint.as_deref().map_or_else(String::new, no_end));
    text.push_str(&left_behind(&summary.left));
    text.push_str(&quarantine::summary(&summary.held, &summary.uncopied));
    text.push_str(&aftermath(&summary.ended));
    if !summary.complete {
        writeln!(text, "  not every file could be compared, so the list may be short").ok();
    }
    writeln!(text, "  log: wardline log --session {}  ({})", summary.session, summary.journal.display()).ok();
    text
}

/// What a missing checkpoint of the end comes to.
pub(crate) fn no_end(why: &str) -> String {
    let why = one_line(why);
    format!("  NO CHECKPOINT OF THE END, so what changed later counts as the agent's too: {why}\n")
}

/// The hosts that the egress door refused, with the reason.
pub(crate) fn refused_connections(connections: &[RefusedConnection]) -> String {
    let mut text = String::new();
    for (host, why, times) in connections.iter().take(LINES) {
        let (host, why) = (one_line(host), one_line(why));
        text.push_str(&format!("  refused connection to {host}{}\n          {why}\n", often(*times)));
    }
    more(&mut text, "refused hosts", connections.len());
    text
}

/// The secrets that a capability manifest names and the program did not get. What else it did not get shows in what the
/// program says; `policy caps check` tells.
pub(crate) fn secrets_not_given(not_given: &[NotGiven]) -> String {
    let secrets = not_given.iter().filter(|thing| thing.kind == "secrets");
    let line =
        |thing: &NotGiven| format!("  secret not given: {}: {}\n", visible(&thing.name), visible(&thing.why));
    secrets.map(line).collect()
}

/// What was found of a session that had been killed with everything that looked after it.
pub(crate) fn left_behind(left: &[Appeared]) -> String {
    let mut text = String::new();
    for thing in left.iter().take(LINES) {
        let path = one_line(&thing.path.to_string_lossy());
        text.push_str(&match &thing.kept_at {
            Some(_) => format!("  left by a killed session, and moved to the quarantine now: {path}\n"),
            None => format!("  LEFT BY A KILLED SESSION, COULD NOT BE MOVED AWAY, and would run later on this machine: {path}\n"),
        });
    }
    more(&mut text, "files of killed sessions", left.len());
    text
}

/// What the sandbox did or saw at the end: nothing, as a rule.
pub(crate) fn aftermath(ended: &Ended) -> String {
    use std::fmt::Write as _;
    let mut text = String::new();
    // What was moved is told as a held change.
    for thing in ended.appeared.iter().filter(|thing| thing.kept_at.is_none()) {
        writeln!(
            text,
            "  COULD NOT BE MOVED AWAY, and would run later on this machine: {}",
            one_line(&thing.path.to_string_lossy())
        )
        .ok();
    }
    for path in &ended.replaced {
        writeln!(
            text,
            "  replaced from outside while protected, so the new file was open inside: {}",
            path.display()
        )
        .ok();
    }
    for layer in &ended.layers_missing {
        writeln!(text, "  this host lacks a layer: {layer}").ok();
    }
    for limit in &ended.limits_hit {
        writeln!(text, "  limit reached: {}\n          {}", one_line(&limit.to_string()), limit.help()).ok();
    }
    text
}

/// Lines of one kind in the summary; the journal has the rest.
const LINES: usize = 25;

fn more(text: &mut String, what: &str, count: usize) {
    if count > LINES {
        text.push_str(&format!("  … and {} more {what}; the log has them all\n", count - LINES));
    }
}

fn often(times: u32) -> String {
    if times > 1 { format!(" ({times} times)") } else { String::new() }
}

/// A target on one line, shortened for the summary only; the journal has it whole.
fn one_line(text: &str) -> String {
    const WIDTH: usize = 100;
    let line = visible(text).replace("\n  ", " ⏎ ");
    if line.chars().count() <= WIDTH { line } else { line.chars().take(WIDTH).chain(['…']).collect() }
}

#[cfg(test)]
mod tests {
    use super::notification;

    #[test]
    fn only_terminals_that_show_notifications_are_sent_any() {
        let table = [
            ("xterm-256color", "", None, ""),
            ("linux", "", None, ""),
            ("dumb", "", None, ""),
            ("xterm-256color", "iTerm.app", None, "\u{1b}]9;asks, now\u{1b}\\"),
            ("xterm-kitty", "", None, "\u{1b}]777;notify;wardline;asks, now\u{1b}\\"),
            ("xterm-256color", "WezTerm", None, "\u{1b}]777;notify;wardline;asks, now\u{1b}\\"),
            ("tmux-256color", "WezTerm", Some("/tmp/tmux"), ""),
        ];
        for (term, program, tmux, expected) in table {
            let variable = |name: &str| match name {
                "TERM" => Some(term.to_owned()),
                "TERM_PROGRAM" => Some(program.to_owned()),
                "TMUX" => tmux.map(str::to_owned),
                _ => None,
            };
            assert_eq!(notification(variable, "asks; now"), expected, "{term} {program}");
        }
    }
}
