//! Real agents as a person uses them: on a screen that tmux makes, in `wardline run`, with keys, stops and a window that
//! changes its size.

use std::cell::Cell;
use std::io;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::cases::{Do, Gate, Step};
use super::drive::{self, Drive, Plan, Stage};
use super::process;
use super::world::World;
use super::{Agent, Launch};
use crate::report::Report;

/// The name of the case.
pub(super) const NAME: &str = "interactive";

/// What the person's shell says when it waits.
const PROMPT: &str = "HOST>";
/// How long anything on the screen may take.
const PATIENCE: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(150);

/// How an agent is used by hand.
pub(crate) struct Screen {
    /// Writes what a person has answered once and for all, such as trust in the folder.
    pub(super) prepare: fn(&World) -> io::Result<()>,
    /// The command line, and the environment that [`Agent::launch`] does not name.
    pub(super) launch: fn(&World, u16) -> Launch,
    /// On the screen when it waits for a person.
    pub(super) ready: &'static str,
    /// Of a question about news that it may ask before; the last answer leaves things as they are.
    pub(super) news: Option<&'static str>,
}

const STEPS: &[Step] =
    &[Step { what: "a command", call: Do::Shell("echo from-inside > made.txt; tty"), expect: &[] }];

/// Plays the case with one agent, where it has a screen and the host has tmux.
pub(super) fn play(run: &Drive<'_>, report: &mut Report) {
    let Some(screen) = &run.agent.screen else { return };
    let name = format!("{} {NAME}", run.agent.name);
    if let Err(reason) = tmux() {
        eprintln!("agents: SKIPPED {name}: {reason}");
        report.skipped.push((name, reason));
        return;
    }
    drive::enter(&name, session(run, run.agent, screen), report);
}

pub(super) fn tmux() -> Result<(), String> {
    let found = Command::new("tmux").arg("-V").stdin(Stdio::null()).output();
    match found {
        Ok(output) if output.status.success() => Ok(()),
        _ => Err("tmux is not installed here (Debian: apt-get install tmux)".to_owned()),
    }
}

fn session(run: &Drive<'_>, agent: &Agent, screen: &Screen) -> io::Result<(Duration, Vec<String>)> {
    let plan = Plan { name: NAME, gate: Gate::Run, config: "", steps: STEPS, trap: None };
    let mut stage = run.stage(plan)?;
    (screen.prepare)(&stage.world)?;
    stage.launch = (screen.launch)(&stage.world, stage.server.port());
    stage.environment.extend(stage.launch.environment.clone());
    // A person is there.
    stage.environment.remove("CI");
    let begin = Instant::now();
    let window = Window::open(&stage)?;
    let mut failures = Vec::new();
    if let Err(failure) = person(&stage, &window, screen) {
        failures.push(failure);
        failures.extend(window.text().lines().map(|line| format!("| {line}")));
        failures.push(format!("requests: {}", stage.server.seen().requests.join("; ")));
    }
    drop(window);
    if failures.is_empty() {
        failures.extend(drive::leftovers(&stage.world));
        let seen = stage.server.seen();
        failures.extend(seen.oddities.iter().cloned());
        let made = std::fs::read_to_string(stage.world.project.join("made.txt"));
        if !made.as_ref().is_ok_and(|text| text == "from-inside\n") {
            failures.push(format!("{}: made.txt is {made:?}", agent.name));
        }
    }
    process::clear(&stage.world.root);
    Ok((begin.elapsed(), failures))
}

/// What a person does, from the first prompt to the last.
fn person(stage: &Stage, window: &Window, screen: &Screen) -> Result<(), String> {
    window.until("the shell's prompt", |text| text.contains(PROMPT))?;
    let words: Vec<String> = stage.launch.argv.iter().map(|word| format!("'{word}'")).collect();
    let (wardline, port) = (stage.world.wardline(), stage.server.port());
    window.enter(&format!("{} run --forward {port} -- {}", wardline.display(), words.join(" ")))?;
    // 1. It comes up, hears what is typed, calls a tool, and answers.
    come_up(window, screen)?;
    say(stage, window, "Play the script.")?;
    window.until("the answer", |text| text.contains(drive::FAREWELL))?;
    if !stage.server.seen().finished {
        return Err("the model was not asked to the end".to_owned());
    }
    // 2. A larger window is used.
    window.tmux(&["resize-window", "-x", "130", "-y", "45"])?;
    window.until("the agent waits in the larger window", |text| text.contains(screen.ready))?;
    // 3. To the shell and back.
    window.key("C-z")?;
    window.until("the shell says that it is stopped", |text| text.contains("Stopped"))?;
    window.enter("echo sh''ell; stty -a | grep -o ' -*icanon'")?;
    window.until("an ordinary shell", |text| text.contains("shell\n icanon"))?;
    window.enter("clear; fg")?;
    window.until("the agent is back", |text| text.contains(screen.ready))?;
    say(stage, window, "Once more.")?;
    window.until("the answer", |text| text.contains(drive::FAREWELL))?;
    window.until("the agent waits again", |text| text.contains(screen.ready))?;
    // 4. A line that only the larger window holds in one; it goes away, and then the agent.
    let line = "not to be sent ".repeat(7);
    window.keys(&line)?;
    window.until("what was typed, in one line", |text| text.contains(line.trim_end()))?;
    window.key("C-c")?;
    window.until("an empty prompt", |text| !text.contains("not to be sent"))?;
    let mut ended = false;
    for _ in 0..3 {
        window.key("C-c")?;
        thread::sleep(PAUSE);
        ended = ended || window.text().contains("wardline: ");
        if ended {
            break;
        }
    }
    window.until("the summary", |text| text.contains("wardline: ") && text.contains("refused"))?;
    window.enter("echo co''de $?; stty -a | grep -o ' -*icanon'")?;
    window.until("an ordinary shell at the end", |text| text.contains("code 0\n icanon"))
}

/// Tells the agent something. An end of line that comes too soon is taken for a part of the text, so it is typed until the
/// model hears of it.
fn say(stage: &Stage, window: &Window, text: &str) -> Result<(), String> {
    let before = stage.server.seen().requests.len();
    let round = Cell::new(0);
    window.keys(text)?;
    window.until("the agent asks the model", |_| {
        round.set(round.get() + 1);
        let heard = stage.server.seen().requests.len() > before;
        if !heard && round.get() % 10 == 4 {
            window.key("Enter").ok();
        }
        heard
    })
}

/// Waits until the agent waits for a person, and goes on doing so: a question about news may come a moment later.
fn come_up(window: &Window, screen: &Screen) -> Result<(), String> {
    let quiet = Cell::new(0);
    window.until("the agent waits", |text| {
        if screen.news.is_some_and(|news| text.contains(news)) {
            quiet.set(0);
            // A key that is lost is pressed again.
            return window.key("Down").and_then(|()| window.key("Enter")).is_err();
        }
        quiet.set(if text.contains(screen.ready) { quiet.get() + 1 } else { 0 });
        quiet.get() > 12
    })
}

/// A window of tmux with a shell in it.
pub(super) struct Window {
    socket: PathBuf,
}

impl Window {
    pub(super) fn open(stage: &Stage) -> io::Result<Self> {
        let window = Self { socket: stage.world.root.join("run/tmux.sock") };
        let mut command = window.command();
        command.args(["-f", "/dev/null", "new-session", "-d", "-x", "100", "-y", "30"]);
        command.args(["bash", "--norc", "--noprofile", "-i"]);
        command.env_clear().envs(&stage.environment).env("PS1", format!("{PROMPT} "));
        // What the agent inside is told of the terminal comes from tmux.
        command.env_remove("TERM").current_dir(&stage.world.project);
        let output = command.output()?;
        if output.status.success() {
            return Ok(window);
        }
        Err(io::Error::other(format!("tmux: {}", String::from_utf8_lossy(&output.stderr))))
    }

    fn command(&self) -> Command {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).stdin(Stdio::null());
        command
    }

    fn tmux(&self, arguments: &[&str]) -> Result<String, String> {
        let output = self.command().args(arguments).output().map_err(|error| format!("tmux: {error}"))?;
        if output.status.success() {
            return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
        }
        Err(format!("tmux {arguments:?}: {}", String::from_utf8_lossy(&output.stderr)))
    }

    fn key(&self, name: &str) -> Result<(), String> {
        self.tmux(&["send-keys", name]).map(drop)
    }

    pub(super) fn keys(&self, text: &str) -> Result<(), String> {
        self.tmux(&["send-keys", "-l", text]).map(drop)
    }

    /// Types a line as a person does: who takes much at once for a paste would take the end of the line for a part of it.
    pub(super) fn enter(&self, text: &str) -> Result<(), String> {
        self.keys(text)?;
        thread::sleep(PAUSE * 3);
        self.key("Enter")
    }

    /// What can be seen now.
    pub(super) fn text(&self) -> String {
        self.tmux(&["capture-pane", "-p"]).unwrap_or_else(|error| error)
    }

    pub(super) fn until(&self, what: &str, truth: impl Fn(&str) -> bool) -> Result<(), String> {
        let begin = Instant::now();
        while !truth(&self.text()) {
            if begin.elapsed() > PATIENCE {
                return Err(format!("not in time: {what}"));
            }
            thread::sleep(PAUSE);
        }
        Ok(())
    }
}

impl Drop for Window {
    fn drop(&mut self) {
        // It may have ended with its last shell.
        self.tmux(&["kill-server"]).ok();
    }
}
