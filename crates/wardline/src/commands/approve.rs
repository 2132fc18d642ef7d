//! `wardline approve`: a person answers the questions that wait, in a terminal of their own.

mod rules;
mod screen;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufRead as _, BufReader, IsTerminal as _, Write as _};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;
use wardline_monitor::World;
use wardline_monitor::approvals::{Board, BoardError, Question, Say, rows, seat, visible, word};

use crate::exit;
use crate::term::Style;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without a flag, in a terminal: a screen that stays, lists what waits, shows the chosen question whole, and takes an answer \
                        by a key; ? tells the keys. While it is there, `--on-ask auto` waits for it. With --plain, or where the terminal \
                        cannot be painted on (TERM is dumb or not set): the same line by line, answered by `run` with the first digits of the \
                        question's digest, `deny`, `rule` to leave rules (what they would have let through of the journal is shown first), \
                        `skip` or `quit`. Without a terminal: the same as --list.\n\nAn answer is about the very action that was shown (its digest), counts once \
                        and in the question's time. It is a person's word: it needs a terminal that is not the agent's, and nothing \
                        that an agent started may give it.\n\nExit codes: 0 done, 1 there is no such question or it is over, 2 bad \
                        usage or nobody at a terminal."
)]
pub(crate) struct Approve {
    /// Show the open questions and what is paused, and answer nothing
    #[arg(long)]
    list: bool,
    /// With --list: print JSON, a question a line
    #[arg(long, requires = "list")]
    json: bool,
    /// Let this action happen, once; the first digits of its name are enough
    #[arg(long, value_name = "ID", requires = "digest", conflicts_with = "list")]
    allow: Option<String>,
    /// The digest that was shown with the question
    #[arg(long, value_name = "DIGEST", requires = "allow")]
    digest: Option<String>,
    /// Refuse this action
    #[arg(long, value_name = "ID", conflicts_with_all = ["allow", "list"])]
    deny: Option<String>,
    /// Ask line by line instead of on a screen, as where there is no terminal that can be painted on
    #[arg(long, conflicts_with_all = ["allow", "deny", "list", "resume"])]
    plain: bool,
    /// Let a paused session go on
    #[arg(long, value_name = "SESSION", conflicts_with_all = ["allow", "deny", "list"])]
    resume: Option<String>,
}

impl Approve {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let board = match Board::open(&world.state) {
            Ok(board) => board,
            Err(e) => return exit::fail(exit::FAILED, e),
        };
        let done = match &self {
            Self { allow: Some(id), digest, .. } => answer(&board, id, digest.as_deref(), Say::Allow),
            Self { deny: Some(id), .. } => answer(&board, id, None, Say::Deny),
            Self { resume: Some(session), .. } => resume(world, &board, session),
            Self { list: true, json, .. } => list(&board, *json),
            Self { plain: false, .. } if screen::can_be_shown(world) && seat::at_terminal().is_ok() => {
                match screen::attend(world, &board) {
                    Ok(code) => return code,
                    Err(e) => Err(e),
                }
            }
            Self { .. } if std::io::stdout().is_terminal() && seat::at_terminal().is_ok() => {
                attend(world, &board)
            }
            Self { .. } => list(&board, false),
        };
        match done {
            Ok(()) => ExitCode::SUCCESS,
            Err(Failure::Board(e)) => exit::fail(exit::FOUND, e),
            Err(Failure::Person(why)) => exit::fail(exit::USAGE, why),
        }
    }
}

/// Why nothing was answered.
pub(crate) enum Failure {
    Board(BoardError),
    Person(String),
}

impl From<BoardError> for Failure {
    fn from(e: BoardError) -> Self {
        Self::Board(e)
    }
}

fn list(board: &Board, as_json: bool) -> Result<(), Failure> {
    let pending = board.pending()?;
    let pauses = board.pauses()?;
    if as_json {
        for question in &pending {
            println!("{}", json!({"question": question, "digest": question.digest()}));
        }
        pauses.iter().for_each(|pause| println!("{}", json!({"paused": pause})));
        return Ok(());
    }
    for question in &pending {
        print!("{}", whole(question, Style::of_stdout()));
    }
    for pause in &pauses {
        println!(
            "paused: {} ({}); `wardline approve --resume {}` lets it go on",
            pause.session,
            visible(&pause.why),
            pause.session
        );
    }
    if pending.is_empty() && pauses.is_empty() {
        println!("no question waits");
    }
    Ok(())
}

/// How often it is looked for a new question.
const LOOK: Duration = Duration::from_millis(200);
/// Digits of the digest that go with a yes: what was typed before the question was shown can't hold them.
const DIGITS: usize = 4;

/// Shows questions as they come and takes an answer for each, until the person has enough.
fn attend(world: &World, board: &Board) -> Result<(), Failure> {
    let _here = board.attend("approve")?;
    let unreadable = |e| Failure::Person(format!("the terminal can't be read: {e}"));
    let mut typed = BufReader::new(File::open("/dev/tty").map_err(unreadable)?).lines();
    let mut skipped: BTreeSet<String> = BTreeSet::new();
    println!("waiting for questions; Ctrl-C ends");
    loop {
        let Some(question) = board.pending()?.into_iter().find(|it| !skipped.contains(&it.id)) else {
            std::thread::sleep(LOOK);
            continue;
        };
        print!("{}", whole(&question, Style::of_stdout()));
        let digest = question.digest();
        let code = digest.get(..DIGITS).unwrap_or(&digest);
        let rule = if question.proposals.is_empty() {
            ""
        } else {
            "rule NUMBERS session|project|user [1h|7d|DATE] | "
        };
        print!("run {code} | deny | {rule}skip | quit > ");
        std::io::stdout().flush().map_err(unreadable)?;
        let Some(line) = typed.next().transpose().map_err(unreadable)? else { return Ok(()) };
        let words: Vec<&str> = line.split_whitespace().collect();
        let said = match words.as_slice() {
            ["run", given] if *given == code => Say::Allow,
            ["deny"] => Say::Deny,
            ["rule", words @ ..] => {
                let mut give = || {
                    let shown = rules::prepare(world, &question, words)?;
                    print!(
                        "{}give {code} | anything else leaves none > ",
                        rules::described(&shown, rules::LINES)
                    );
                    std::io::stdout().flush().map_err(|e| e.to_string())?;
                    let word = typed.next().transpose().map_err(|e| e.to_string())?.unwrap_or_default();
                    if word.trim() != format!("give {code}") {
                        return Err("no rule was left".to_owned());
                    }
                    // Who may not answer may not leave a rule either.
                    seat::may_answer(&question)?;
                    shown.give(world, "approve")
                };
                if let Err(why) = give() {
                    println!("{why}");
                    continue;
                }
                Say::Allow
            }
            ["skip"] => {
                skipped.insert(question.id);
                continue;
            }
            ["quit"] => return Ok(()),
            _ => {
                println!("that is no answer; a yes is `run {code}`");
                continue;
            }
        };
        // A question that is over meanwhile is no reason to end.
        match answer(board, &question.id, Some(&digest), said) {
            Ok(()) => {}
            Err(Failure::Board(e)) => println!("{e}"),
            Err(Failure::Person(why)) => {
                println!("{why}");
                skipped.insert(question.id);
            }
        }
    }
}

/// A question, all of it, for a terminal.
pub(crate) fn whole(question: &Question, style: Style) -> String {
    let mut text = String::new();
    writeln!(
        text,
        "{} {} wants {} ({})",
        style.bold(&question.id),
        visible(&question.host),
        visible(&question.permission),
        visible(&question.tool)
    )
    .ok();
    for row in rows(&question.action, 100) {
        let number = row.number.map_or_else(|| "    ·".to_owned(), |number| format!("{number:5}"));
        writeln!(text, "{} {}", style.dim(&number), row.text).ok();
    }
    let mut line = |name: &str, value: &str| {
        writeln!(text, "  {name:<9} {}", visible(value)).ok();
    };
    line("in", &question.cwd);
    line("session", &question.session);
    line("bounds", if question.confined { "inside the sandbox" } else { "NOT in the sandbox" });
    for why in &question.reasons {
        let place = if why.line == 0 { why.file.clone() } else { format!("{}:{}", why.file, why.line) };
        line("because", &format!("{} [{}] ({place})", why.text, why.rule));
    }
    for command in &question.commands {
        let rule = command.reasons.first().map_or_else(String::new, |why| format!("  [{}]", why.rule));
        line(command.decision.as_str(), &format!("{}{rule}", command.literal));
    }
    question.paths.iter().for_each(|it| line(&it.access, &format!("{} ({})", it.path, it.zone)));
    question.hosts.iter().for_each(|host| line("host", host));
    question.doubts.iter().for_each(|doubt| line("doubt", doubt));
    for edit in &question.edits {
        if let Some(why) = &edit.unknown {
            line("edit", &format!("{}: the difference can't be shown: {why}", edit.path));
        }
        edit.patch.split_terminator('\n').for_each(|it| line("", it));
    }
    question.proposals.iter().zip(1..).for_each(|(rule, number)| {
        line(
            &format!("rule {number}"),
            &format!("{}: {{ {rule:?}: \"allow\" }} would answer it for good", question.permission),
        )
    });
    writeln!(text, "  digest    {}", question.digest()).ok();
    writeln!(
        text,
        "  answer    wardline approve --allow {0} --digest {1} | wardline approve --deny {0}\n",
        question.id,
        question.digest()
    )
    .ok();
    text
}

/// The open question whose name begins so.
fn find(board: &Board, id: &str) -> Result<Question, Failure> {
    let mut matching = board.pending()?.into_iter().filter(|question| question.id.starts_with(id));
    match (matching.next(), matching.next()) {
        (Some(question), None) if id.len() >= 4 => Ok(question),
        (Some(_), _) => Err(Failure::Person("several questions begin so; write more of the name".to_owned())),
        (None, _) => Err(Failure::Board(BoardError::Gone)),
    }
}

fn answer(board: &Board, id: &str, digest: Option<&str>, say: Say) -> Result<(), Failure> {
    let question = find(board, id)?;
    seat::may_answer(&question).map_err(Failure::Person)?;
    let seen = digest.map_or_else(|| question.digest(), str::to_owned);
    board.answer(&question.id, &seen, say, "approve")?;
    println!(
        "{}: {}",
        if say == Say::Allow { "allowed, once" } else { "refused" },
        visible(&question.action)
    );
    Ok(())
}

fn resume(world: &World, board: &Board, session: &str) -> Result<(), Failure> {
    seat::at_terminal().map_err(Failure::Person)?;
    if board.paused(session)?.is_none() {
        return Err(Failure::Board(BoardError::Gone));
    }
    word::lift_pause(world, session, "approve").map_err(|e| Failure::Person(e.to_string()))?;
    println!("{session} goes on");
    Ok(())
}
