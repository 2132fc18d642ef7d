//! The person's terminal while the screen is on it: taken, watched and, however this ends, given back.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ratatui::backend::{Backend as _, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::crossterm::event::{
    self, DisableBracketedPaste, EnableBracketedPaste, Event as Told, KeyCode, KeyEvent, KeyEventKind,
    KeyModifiers,
};
use ratatui::crossterm::terminal::{self, EnterAlternateScreen, LeaveAlternateScreen};
use ratatui::crossterm::{cursor, execute};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::Errno;
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP};

use super::model::{Event, Key, Model};
use super::view;

/// Signals that end the program.
const ENDS: [i32; 4] = [SIGTERM, SIGHUP, SIGINT, SIGQUIT];

/// How long the program has to notice by itself that its terminal is gone.
const GRACE: Duration = Duration::from_secs(1);

/// Whether the terminal is not as it was found.
static TAKEN: AtomicBool = AtomicBool::new(false);

/// What was seen on the terminal.
pub(super) enum Seen {
    Nothing,
    Event(Event),
    /// The terminal was the shell's meanwhile.
    Back,
    /// This signal ends it.
    Signal(i32),
    /// Nobody is there any more.
    Gone,
}

/// A terminal that is taken.
pub(super) struct Screen {
    backend: CrosstermBackend<io::Stdout>,
    /// What is on it.
    last: Option<Buffer>,
    ends: Vec<(i32, Arc<AtomicBool>)>,
    stop: Arc<AtomicBool>,
    goes_on: Arc<AtomicBool>,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// It is none, or can't be set.
    pub(super) fn enter() -> io::Result<Self> {
        let flag = |signal| {
            let flag = Arc::new(AtomicBool::new(false));
            signal_hook::flag::register(signal, Arc::clone(&flag)).map(|_| flag)
        };
        let mut ends = Vec::new();
        for signal in ENDS {
            ends.push((signal, flag(signal)?));
        }
        let (stop, goes_on) = (flag(SIGTSTP)?, flag(SIGCONT)?);
        // What a panic says is to be read on the terminal as it was.
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            give_back();
            usual(info);
        }));
        take()?;
        std::thread::Builder::new().name("terminal-gone".to_owned()).spawn(end_when_gone)?;
        Ok(Self { backend: CrosstermBackend::new(io::stdout()), last: None, ends, stop, goes_on })
    }

    /// Gives the terminal back.
    pub(super) fn leave(&mut self) {
        give_back();
    }

    /// Columns and rows.
    pub(super) fn size(&self) -> io::Result<(u16, u16)> {
        let size = self.backend.size()?;
        Ok((size.width, size.height))
    }

    /// Paints a state; says whether it is on the screen.
    pub(super) fn draw(&mut self, model: &Model) -> io::Result<bool> {
        view::paint(&mut self.backend, model, &mut self.last)
    }

    /// Waits for something to happen, at most for `time`.
    pub(super) fn wait(&mut self, time: Duration) -> io::Result<Seen> {
        // What was read and not yet told comes at once. A terminal that is gone is told apart first: crossterm would read from it for ever.
        if !is_there(PollFlags::IN, Some(Duration::ZERO))? {
            return Ok(Seen::Gone);
        }
        if !event::poll(Duration::ZERO)? && !is_there(PollFlags::IN, Some(time))? {
            return Ok(Seen::Gone);
        }
        if let Some((signal, _)) = self.ends.iter().find(|(_, flag)| flag.load(Ordering::Relaxed)) {
            return Ok(Seen::Signal(*signal));
        }
        if self.stop.swap(false, Ordering::Relaxed) {
            return self.stop_here();
        }
        if self.goes_on.swap(false, Ordering::Relaxed) {
            return self.again();
        }
        if !event::poll(Duration::ZERO)? {
            return Ok(Seen::Nothing);
        }
        match event::read()? {
            Told::Resize(columns, rows) => Ok(Seen::Event(Event::Resized((columns, rows)))),
            Told::Key(key) if key.kind == KeyEventKind::Press => match key_of(key) {
                Pressed::Key(key) => Ok(Seen::Event(Event::Key(key))),
                Pressed::Stop => self.stop_here(),
                Pressed::Nothing => Ok(Seen::Nothing),
            },
            // What is pasted is nobody's answer.
            _ => Ok(Seen::Nothing),
        }
    }

    /// Stops, as Ctrl-Z does, until the shell lets it go on.
    fn stop_here(&mut self) -> io::Result<Seen> {
        give_back();
        signal_hook::low_level::emulate_default_handler(SIGTSTP)?;
        self.again()
    }

    /// Takes the terminal anew: whoever had it meanwhile has set it in their way.
    fn again(&mut self) -> io::Result<Seen> {
        self.goes_on.store(false, Ordering::Relaxed);
        give_back();
        take()?;
        self.last = None;
        Ok(Seen::Back)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Ends as a signal ends a program that does not know it.
pub(super) fn end_by(signal: i32) {
    // Where that fails the caller ends with a code.
    signal_hook::low_level::emulate_default_handler(signal).ok();
}

/// Ends the program when its terminal is gone and that was not noticed: crossterm reads for ever from a terminal that goes away
/// between a look whether it is there and the reading.
fn end_when_gone() {
    while is_there(PollFlags::empty(), None).unwrap_or(false) {}
    std::thread::sleep(GRACE);
    end_by(SIGHUP);
}

/// Waits for what is wanted of the terminal or for a signal, at most for `time`; whether the terminal is still there.
fn is_there(wanted: PollFlags, time: Option<Duration>) -> io::Result<bool> {
    let stdin = io::stdin();
    let mut watched = [PollFd::new(&stdin, wanted)];
    let time = time.map(Timespec::try_from).transpose().map_err(io::Error::other)?;
    match poll(&mut watched, time.as_ref()) {
        Ok(_) | Err(Errno::INTR) => {}
        Err(e) => return Err(e.into()),
    }
    let gone = PollFlags::HUP | PollFlags::ERR | PollFlags::NVAL;
    Ok(!watched.iter().any(|it| it.revents().intersects(gone)))
}

fn take() -> io::Result<()> {
    terminal::enable_raw_mode()?;
    TAKEN.store(true, Ordering::SeqCst);
    execute!(io::stdout(), EnterAlternateScreen, EnableBracketedPaste, cursor::Hide)
        .inspect_err(|_| give_back())?;
    // What was typed before anything could be seen is no answer to it.
    rustix::termios::tcflush(io::stdin(), rustix::termios::QueueSelector::IFlush)?;
    Ok(())
}

fn give_back() {
    if TAKEN.swap(false, Ordering::SeqCst) {
        // There is nothing better to do with a terminal that is gone.
        execute!(io::stdout(), DisableBracketedPaste, LeaveAlternateScreen, cursor::Show).ok();
        terminal::disable_raw_mode().ok();
    }
}

/// What a key comes to.
enum Pressed {
    Key(Key),
    Stop,
    Nothing,
}

fn key_of(key: KeyEvent) -> Pressed {
    let control = key.modifiers.contains(KeyModifiers::CONTROL);
    let held = key.modifiers.intersects(KeyModifiers::ALT | KeyModifiers::SUPER);
    let found = match key.code {
        KeyCode::Char('c') if control => Key::Interrupt,
        KeyCode::Char('z') if control => return Pressed::Stop,
        _ if held => return Pressed::Nothing,
        KeyCode::Char('d') if control => Key::PageDown,
        KeyCode::Char('u') if control => Key::PageUp,
        KeyCode::Char(_) if control => return Pressed::Nothing,
        KeyCode::Char(letter) => Key::Letter(letter),
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        KeyCode::Home => Key::Home,
        KeyCode::End => Key::End,
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        _ => return Pressed::Nothing,
    };
    Pressed::Key(found)
}
