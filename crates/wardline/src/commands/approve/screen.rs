//! The screen of `wardline approve`: what waits in a list, the chosen question whole below it, keys to answer.
//!
//! The state is in [`model`], its picture in [`view`], how a text is laid out in [`sheet`]: none of them touches anything. Here are the
//! hands: the terminal ([`tty`]), the board, and what keys ask for.

mod model;
mod sheet;
#[cfg(test)]
mod tests;
mod tty;
mod view;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use wardline_monitor::World;
use wardline_monitor::approvals::board::now_ms;
use wardline_monitor::approvals::{Board, Say, seat, word};
use wardline_monitor::manage::{self, Shown};
use wardline_monitor::stop::{self, Deed as StopDeed, Running};

use self::model::{Deed, Event, Frozen, Model};
use self::sheet::{Item, Tone};
use self::tty::{Screen, Seen};
use super::{Failure, rules};
use crate::exit;
use crate::term::{self, Style};

/// How often it is looked for news.
const LOOK: Duration = Duration::from_millis(200);
/// How often it is looked whether askers are still there, which no file says.
const RECOUNT: Duration = Duration::from_secs(1);
/// What answers are signed with.
const BY: &str = "approve";

/// Whether a screen can be shown here: a person's terminal on both sides, one that can be painted on.
pub(super) fn can_be_shown(world: &World) -> bool {
    use std::io::IsTerminal as _;
    let paints = world.variable("TERM").is_some_and(|term| !term.is_empty() && term != "dumb");
    paints && std::io::stdin().is_terminal() && std::io::stdout().is_terminal()
}

/// Shows questions as they come and takes answers, until the person has enough.
pub(super) fn attend(world: &World, board: &Board) -> Result<ExitCode, Failure> {
    let here = board.attend(BY)?;
    let failed = |e: std::io::Error| Failure::Person(format!("the terminal can't be used: {e}; try --plain"));
    let mut screen = Screen::enter().map_err(failed)?;
    let model = Model::new(screen.size().map_err(failed)?, term::coloured(), now_ms());
    let mut hands = Hands { world, board, model, prepared: None, version: None, counted: Instant::now() };
    let ended = hands.serve(&mut screen);
    screen.leave();
    drop(here);
    match ended.map_err(failed)? {
        Seen::Signal(number) => {
            tty::end_by(number);
            Ok(ExitCode::from(exit::FAILED))
        }
        _ => Ok(ExitCode::SUCCESS),
    }
}

/// Who does what keys ask for.
struct Hands<'w> {
    world: &'w World,
    board: &'w Board,
    model: Model,
    prepared: Option<Shown>,
    version: Option<u64>,
    counted: Instant,
}

impl Hands<'_> {
    fn serve(&mut self, screen: &mut Screen) -> std::io::Result<Seen> {
        loop {
            self.look();
            if screen.draw(&self.model)? {
                self.tell(Event::Drawn);
            } else {
                self.tell(Event::Resized(screen.size()?));
                continue;
            }
            let seen = screen.wait(LOOK)?;
            let event = match seen {
                Seen::Signal(_) | Seen::Gone => return Ok(seen),
                Seen::Nothing => Event::Tick,
                Seen::Back => {
                    self.version = None;
                    Event::Away
                }
                Seen::Event(event) => event,
            };
            match self.tell(event) {
                Some(Deed::Quit) => return Ok(Seen::Gone),
                Some(deed) => {
                    // What takes a while says so.
                    screen.draw(&self.model)?;
                    self.carry_out(deed);
                }
                None => {}
            }
        }
    }

    fn tell(&mut self, event: Event) -> Option<Deed> {
        self.model.update(now_ms(), event)
    }

    /// Takes news from the board.
    fn look(&mut self) {
        let version = self.board.version();
        if self.version == Some(version) && self.counted.elapsed() < RECOUNT {
            return;
        }
        self.version = Some(version);
        self.counted = Instant::now();
        let event = match (self.board.pending(), self.board.pauses()) {
            (Ok(questions), Ok(pauses)) => Event::Board(questions, pauses),
            (Err(e), _) | (_, Err(e)) => Event::Said(e.to_string()),
        };
        self.tell(event);
    }

    fn carry_out(&mut self, deed: Deed) {
        let event = match deed {
            Deed::Quit => return,
            Deed::Allow { id, digest } => self.answer(&id, &digest, Say::Allow),
            Deed::Deny { id, digest } => self.answer(&id, &digest, Say::Deny),
            Deed::Prepare { question, patterns, hold, until } => {
                let until = manage::end_of(until, std::time::SystemTime::now());
                let shown =
                    until.and_then(|until| manage::prepare(self.world, &question, &patterns, hold, until));
                self.prepared = shown.as_ref().ok().cloned();
                let line = |line: &str| Item::new("", line, Tone::Plain);
                Event::Prepared(
                    shown.map(|shown| rules::described(&shown, usize::MAX).lines().map(line).collect()),
                )
            }
            Deed::Give { id, digest } => match self.give(&id) {
                Ok(()) => self.answer(&id, &digest, Say::Allow),
                Err(why) => Event::Said(why),
            },
            Deed::LetGoOn(session) => {
                let done = seat::at_terminal()
                    .and_then(|()| word::lift_pause(self.world, &session, BY).map_err(|e| e.to_string()));
                if done.is_ok() {
                    self.model.settled("pause", &session);
                }
                said(done, format!("{session} goes on"))
            }
            Deed::Switch(session, mode) => {
                let done = seat::at_terminal().and_then(|()| {
                    word::switch(self.world, Some(&session), Some(mode), BY).map_err(|e| e.to_string())
                });
                said(done, format!("{session} is in mode {} from now on", mode.as_str()))
            }
            Deed::Freeze(session) => Event::Frozen(self.freeze(&session)),
            Deed::End(session) => self.on_frozen(&session, StopDeed::End, "is ended"),
            Deed::Thaw(session) => self.on_frozen(&session, StopDeed::Resume, "goes on"),
        };
        self.tell(event);
    }

    /// Gives the answer; the digest is that of the question as it was shown.
    fn answer(&mut self, id: &str, digest: &str, say: Say) -> Event {
        let answered = || -> Result<(), Failure> {
            seat::may_answer(&self.board.question(id)?).map_err(Failure::Person)?;
            self.board.answer(id, digest, say, BY)?;
            Ok(())
        };
        match answered() {
            Ok(()) => {
                self.model.settled("question", id);
                let said = if say == Say::Allow { "allowed, once" } else { "refused" };
                Event::Said(format!("{said}: {}", id.get(..8).unwrap_or(id)))
            }
            Err(Failure::Board(e)) => Event::Said(e.to_string()),
            Err(Failure::Person(why)) => Event::Said(why),
        }
    }

    fn give(&mut self, id: &str) -> Result<(), String> {
        let shown = self.prepared.take().ok_or("the rules were not looked at")?;
        // Who may not answer may not leave a rule either.
        seat::may_answer(&self.board.question(id).map_err(|e| e.to_string())?)?;
        shown.give(self.world, BY)
    }

    fn running(&self, session: &str) -> Result<Running, String> {
        let found = stop::running(self.world).into_iter().find(|one| one.is(session));
        found.ok_or_else(|| {
            "only a session of `wardline run` can be stopped, and this is none that runs".to_owned()
        })
    }

    fn freeze(&self, session: &str) -> Result<Frozen, String> {
        let running = self.running(session)?;
        running.carry_out(self.world, StopDeed::Freeze, BY).map_err(|e| e.to_string())?;
        let text = crate::commands::stop::described(&running, &running.state(self.world), Style::plain());
        let line = |line: &str| Item::new("", line, Tone::Plain);
        Ok(Frozen { session: session.to_owned(), items: text.lines().map(line).collect() })
    }

    fn on_frozen(&self, session: &str, deed: StopDeed, done: &str) -> Event {
        let carried = self
            .running(session)
            .and_then(|running| running.carry_out(self.world, deed, BY).map_err(|e| e.to_string()));
        match carried {
            Ok(_) => Event::Unfrozen(format!("{session} {done}")),
            Err(why) => Event::Said(why),
        }
    }
}

fn said(done: Result<(), String>, text: String) -> Event {
    Event::Said(done.err().unwrap_or(text))
}
