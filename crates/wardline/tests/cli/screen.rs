//! The screen of `wardline approve` on a real terminal: painted, answered by keys, resized, stopped, ended, and always given back.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::num::NonZero;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, Signal, kill_process};
use rustix::termios::{Winsize, tcgetattr, tcsetwinsize};

use crate::approve::{ASKED, ended, project, question, start};
use crate::common::{Sealed, terminal};

/// How long anything may take before it counts as never.
const PATIENCE: Duration = Duration::from_secs(60);

/// Begins the terminal's session, as a shell does, and stays: the kernel throws away what is not read yet when the one who
/// began it ends.
const SHELL: &str = "trap : INT QUIT; \"$@\"; echo \"ended $?\"; while :; do sleep 1; done";

/// `wardline approve` on a terminal of its own.
struct Window {
    ours: File,
    parser: vt100::Parser,
    /// Everything that was painted.
    raw: Vec<u8>,
    before: String,
    shell: Child,
    pid: Pid,
}

impl Window {
    fn open(world: &Sealed, line: &str, (rows, columns): (u16, u16)) -> Self {
        let (ours, theirs) = terminal();
        let before = modes(&ours);
        // `env`, so that a line may set variables.
        let mut command = Command::new("sh");
        command
            .args(["-c", SHELL, "sh", "env"])
            .args(line.split(' '))
            .current_dir(world.project())
            .env_clear();
        command.env("HOME", world.path("home")).env("USER", "tester").env("TERM", "xterm-256color");
        command.env("PATH", std::env::var_os("PATH").unwrap());
        command.stdout(theirs.try_clone().unwrap()).stderr(theirs.try_clone().unwrap());
        wardline_sys::attempt::seat_at(&mut command, theirs);
        set_size(&ours, rows, columns);
        let shell = command.spawn().unwrap();
        let pid = child_of(shell.id());
        Self {
            ours,
            parser: vt100::Parser::new(some(rows), some(columns), 0),
            raw: Vec::new(),
            before,
            shell,
            pid,
        }
    }

    fn approve(world: &Sealed, size: (u16, u16)) -> Self {
        Self::open(world, &format!("{} approve", env!("CARGO_BIN_EXE_wardline")), size)
    }

    fn resize(&mut self, rows: u16, columns: u16) {
        self.parser.screen_mut().set_size(some(rows), some(columns));
        set_size(&self.ours, rows, columns);
    }

    fn read(&mut self) {
        let moment = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };
        if poll(&mut [PollFd::new(&self.ours, PollFlags::IN)], Some(&moment)).unwrap_or(0) > 0 {
            let mut piece = vec![0; 1 << 16];
            let count = self.ours.read(&mut piece).unwrap_or(0);
            let piece = piece.get(..count).unwrap();
            self.raw.extend_from_slice(piece);
            self.parser.process(piece);
        }
    }

    fn until(&mut self, what: &str, truth: impl Fn(&Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !truth(self) {
            assert!(Instant::now() < end, "not in time: {what}\n{}", self.text());
            self.read();
        }
    }

    fn shows(&mut self, text: &str) {
        self.until(text, |window| window.text().contains(text));
    }

    fn text(&self) -> String {
        self.parser.screen().contents()
    }

    fn keys(&mut self, keys: &str) {
        self.ours.write_all(keys.as_bytes()).unwrap();
    }

    /// Reads to the end of what is shown and presses a key that decides, until it has counted.
    fn decide(&mut self, key: &str, said: &str) {
        let end = Instant::now() + PATIENCE;
        while !self.text().contains(said) {
            assert!(Instant::now() < end, "{key} did not count\n{}", self.text());
            self.keys("G");
            let rested = Instant::now() + Duration::from_millis(700);
            while Instant::now() < rested {
                self.read();
            }
            self.keys(key);
            let heard = Instant::now() + Duration::from_millis(700);
            while Instant::now() < heard && !self.text().contains(said) {
                self.read();
            }
        }
    }

    fn is_given_back(&self) -> bool {
        let screen = self.parser.screen();
        modes(&self.ours) == self.before
            && !screen.alternate_screen()
            && !screen.bracketed_paste()
            && !screen.hide_cursor()
    }

    fn signal(&self, signal: Signal) {
        kill_process(self.pid, signal).unwrap();
    }

    fn state(&self) -> Option<char> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid.as_raw_pid())).ok()?;
        stat.rsplit_once(") ")?.1.chars().next()
    }

    fn is_stopped(&self) -> bool {
        self.state() == Some('T')
    }

    fn is_there(&self) -> bool {
        !matches!(self.state(), None | Some('Z' | 'X'))
    }

    /// How often the terminal was taken.
    fn times_taken(&self) -> usize {
        String::from_utf8_lossy(&self.raw).matches("\u{1b}[?1049h").count()
    }

    /// Waits for its end; its exit code as a shell gives it.
    fn end(&mut self) -> i32 {
        self.until("it ends", |window| window.code().is_some());
        self.code().unwrap()
    }

    fn code(&self) -> Option<i32> {
        self.text().split_once("ended ")?.1.lines().next()?.trim().parse().ok()
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        kill_process(self.pid, Signal::KILL).ok();
        self.shell.kill().ok();
        self.shell.wait().ok();
    }
}

/// The only child of a process, as soon as it has one.
fn child_of(parent: u32) -> Pid {
    let end = Instant::now() + PATIENCE;
    loop {
        let children = std::fs::read_to_string(format!("/proc/{parent}/task/{parent}/children")).unwrap();
        if let Some(pid) = children.trim().parse().ok().and_then(Pid::from_raw) {
            return pid;
        }
        assert!(Instant::now() < end, "nothing was started");
        std::thread::sleep(Duration::from_millis(1));
    }
}

fn some(number: u16) -> NonZero<u16> {
    NonZero::new(number).unwrap()
}

fn modes(terminal: &File) -> String {
    format!("{:?}", tcgetattr(terminal).unwrap())
}

fn set_size(terminal: &File, rows: u16, columns: u16) {
    let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
    tcsetwinsize(terminal, size).unwrap();
}

#[test]
fn questions_come_and_are_answered_by_keys_on_screens_of_any_size() {
    let world = project("screen");
    let mut window = Window::approve(&world, (24, 80));
    window.shows("no question waits");
    for (key, said, code, size) in [
        ("r", "allowed, once", 0, (10, 40)),
        ("d", "refused", 20, (24, 80)),
        ("r", "allowed, once", 0, (50, 200)),
    ] {
        std::fs::remove_file(world.path("home/p/out.txt")).ok();
        let asking = start(&world, &ASKED);
        window.shows("./build.sh");
        assert!(!world.path("home/p/out.txt").exists(), "nothing happens before the answer");
        window.resize(size.0, size.1);
        // What is pasted is no answer.
        window.keys("\u{1b}[200~Grrr\u{1b}[201~");
        window.shows("1 question waits");
        window.decide(key, said);
        let (ended, text) = ended(asking);
        assert_eq!(ended, code, "{text}");
        assert_eq!(world.path("home/p/out.txt").exists(), code == 0, "{text}");
        window.shows("no question waits");
    }
    // Answered elsewhere: it stays to be read, and is over.
    let asking = start(&world, &ASKED);
    let (asked, _) = question(&world);
    window.shows("./build.sh");
    let deny = format!("approve --deny {}", asked["id"].as_str().unwrap());
    crate::waive::at_terminal(&world, &deny, "");
    assert_eq!(ended(asking).0, 20);
    window.shows("answered elsewhere");
    assert!(window.text().contains("./build.sh"));
    window.keys("q");
    assert_eq!(window.end(), 0);
    window.until("the terminal as it was", Window::is_given_back);
}

#[test]
fn a_rule_is_left_by_keys() {
    let world = Sealed::new("screen-rule");
    world.config("{\n  // mine\n  \"permission\": { \"bash\": { \"date *\": \"ask\" } }\n}\n");
    let asking = start(&world, &["exec", "--on-ask", "wait:60", "--", "date", "+%j"]);
    let mut window = Window::approve(&world, (24, 80));
    window.shows("date +%j");
    // The first rule, in all projects, with an end.
    window.keys("m jjjjjjj k  \r");
    window.shows("would have let through");
    window.decide("y", "allowed, once");
    assert_eq!(ended(asking).0, 0);
    let config = world.read("home/.config/wardline/config.jsonc");
    assert!(config.contains("// mine") && config.contains("\"date +%j\""), "{config}");
    assert_eq!(ended(start(&world, &["exec", "--", "date", "+%j"])).0, 0, "not asked again");
}

#[test]
fn the_terminal_is_given_back_however_it_ends() {
    let world = project("screen-ends");
    for signal in [Signal::TERM, Signal::HUP, Signal::INT, Signal::QUIT] {
        let mut window = Window::approve(&world, (24, 80));
        window.shows("no question waits");
        assert!(!window.is_given_back());
        window.signal(signal);
        assert_eq!(window.end(), 128 + signal.as_raw(), "{signal:?}");
        window.until("the terminal as it was", Window::is_given_back);
    }
    // The window is closed: there is nothing to give back, and nothing goes on reading from it.
    let mut window = Window::approve(&world, (24, 80));
    window.shows("no question waits");
    window.ours = File::open("/dev/null").unwrap();
    window.until("it ends", |window| !window.is_there());
    let mut window = Window::approve(&world, (24, 80));
    window.shows("no question waits");
    let halts: [fn(&mut Window); 2] = [|window| window.keys("\u{1a}"), |window| window.signal(Signal::TSTP)];
    for halt in halts {
        halt(&mut window);
        window.until("it is stopped", Window::is_stopped);
        window.until("the terminal as it was", Window::is_given_back);
        window.signal(Signal::CONT);
        window.shows("no question waits");
        assert!(!window.is_given_back());
    }
    let taken = window.times_taken();
    window.signal(Signal::STOP);
    window.until("it is stopped", Window::is_stopped);
    window.signal(Signal::CONT);
    window.until("taken anew", |window| window.times_taken() > taken);
    // What is typed before the screen is there again is not heard, and what is typed afterwards would be the shell's.
    let end = Instant::now() + PATIENCE;
    while window.is_there() {
        assert!(Instant::now() < end, "Ctrl-C is not heard\n{}", window.text());
        window.keys("\u{3}");
        let heard = Instant::now() + Duration::from_millis(700);
        while Instant::now() < heard && window.is_there() {
            window.read();
        }
    }
    assert_eq!(window.end(), 0);
    window.until("the terminal as it was", Window::is_given_back);
}

#[test]
fn colours_and_the_screen_itself_can_be_refused() {
    let world = project("screen-plain");
    let asking = start(&world, &ASKED);
    let own = env!("CARGO_BIN_EXE_wardline");
    let coloured = |window: &Window| String::from_utf8_lossy(&window.raw).contains("[33m");
    for (line, colours) in [(format!("{own} approve"), true), (format!("NO_COLOR=1 {own} approve"), false)] {
        let mut window = Window::open(&world, &line, (24, 80));
        window.shows("./build.sh");
        window.shows("? help");
        // "ask" is yellow where there are colours.
        assert_eq!(coloured(&window) || String::from_utf8_lossy(&window.raw).contains("38;5;3"), colours);
    }
    for line in [
        format!("{own} approve --plain"),
        format!("TERM=dumb {own} approve"),
        format!("-u TERM {own} approve"),
    ] {
        let mut window = Window::open(&world, &line, (24, 80));
        window.shows("| quit >");
        assert!(String::from_utf8_lossy(&window.raw).starts_with("waiting for questions; Ctrl-C ends"));
        assert!(!window.parser.screen().alternate_screen());
    }
    let (asked, _) = question(&world);
    crate::waive::at_terminal(&world, &format!("approve --deny {}", asked["id"].as_str().unwrap()), "");
    assert_eq!(ended(asking).0, 20);
}
