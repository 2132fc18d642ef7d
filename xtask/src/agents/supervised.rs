//! Supervised mode as a person has it: each write and each command of a real agent waits, and is answered in the page by one run, in
//! `wardline approve` on a terminal by the other. The person edits files of their own while a question waits, and in the end takes back
//! what the agent did: exactly their own edits remain.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::cases::{Do, Gate, Step};
use super::drive::{self, Drive, Plan, Stage};
use super::interactive::{Window, tmux};
use super::process;
use crate::report::Report;

/// The name of the case.
pub(super) const NAME: &str = "supervised";

/// How long a question may take to come, and the agent to end.
const PATIENCE: Duration = Duration::from_secs(120);
const PAUSE: Duration = Duration::from_millis(100);
/// Keys that are pressed before a screen counts as deaf: one that comes right after news is not taken for an answer.
const TRIES: usize = 10;

const CONFIG: &str = r#"{ "preset": "supervised", "on_ask": "wait:120" }"#;

const STEPS: &[Step] = &[
    Step {
        what: "a new file",
        call: Do::Write("{project}/src/new.txt", "as it was approved\n"),
        expect: &[],
    },
    Step { what: "a command", call: Do::Shell("printf by-the-shell > made.txt"), expect: &[] },
    Step { what: "reading", call: Do::Read("{project}/a.txt"), expect: &[] },
    Step { what: "a refused file", call: Do::Write("{project}/src/no.txt", "never\n"), expect: &[] },
    Step { what: "a refused command", call: Do::Shell("touch never-made"), expect: &[] },
    Step { what: "an edit", call: Do::Edit("{project}/a.txt", "alpha", "omega"), expect: &[] },
];

/// A question that has to come: what its action holds, the file that must not be touched yet, the answer, what the person edits
/// meanwhile.
struct Expected {
    step: usize,
    action: &'static str,
    file: &'static str,
    allow: bool,
    mine: Option<(&'static str, &'static str)>,
}

const QUESTIONS: &[Expected] = &[
    Expected {
        step: 0,
        action: "src/new.txt",
        file: "src/new.txt",
        allow: true,
        mine: Some(("mine.txt", "mine\n")),
    },
    Expected {
        step: 1,
        action: "printf by-the-shell > made.txt",
        file: "made.txt",
        allow: true,
        mine: Some(("src/mine-too.txt", "while a command waited\n")),
    },
    Expected { step: 3, action: "src/no.txt", file: "src/no.txt", allow: false, mine: None },
    Expected { step: 4, action: "touch never-made", file: "never-made", allow: false, mine: None },
    Expected { step: 5, action: "a.txt", file: "", allow: true, mine: None },
];

/// Plays the case with Claude Code.
pub(super) fn play(run: &Drive<'_>, report: &mut Report) {
    if run.agent.name != "claude" {
        return;
    }
    let name = format!("{} {NAME}", run.agent.name);
    drive::enter(&format!("{name}, answered in the page"), session(run, Surface::page), report);
    if let Err(reason) = tmux() {
        eprintln!("agents: SKIPPED {name}, answered in a terminal: {reason}");
        report.skipped.push((name, reason));
        return;
    }
    drive::enter(&format!("{name}, answered in a terminal"), session(run, Surface::terminal), report);
}

fn session(
    run: &Drive<'_>,
    surface: fn(&Stage) -> Result<Surface, String>,
) -> io::Result<(Duration, Vec<String>)> {
    let plan = Plan { name: NAME, gate: Gate::Run, config: CONFIG, steps: STEPS, trap: None };
    let stage = run.stage(plan)?;
    let before = stage.world.snapshot();
    let begin = Instant::now();
    let mut failures = Vec::new();
    let ended = thread::scope(|scope| {
        let agent = scope.spawn(|| run.start(&stage, Gate::Run, PATIENCE * 2));
        let answered = surface(&stage).and_then(|mut surface| {
            let answered =
                QUESTIONS.iter().try_for_each(|expected| answer(run, &stage, &mut surface, expected));
            answered.map_err(|e| format!("{e}\n{}", surface.seen()))
        });
        failures.extend(answered.err());
        agent.join().unwrap_or_else(|_| Err(io::Error::other("the agent's thread panicked")))
    })?;
    failures.extend(outcome(&stage));
    if failures.is_empty() {
        failures.extend(taken_back(run, &stage, &before)?);
    }
    if !failures.is_empty() {
        failures.push(format!("agent: {:?}; {}", ended.status, drive::tail(&ended.stderr)));
        failures.push(format!("requests: {}", stage.server.seen().requests.join("; ")));
    }
    failures.extend(drive::leftovers(&stage.world));
    process::clear(&stage.world.root);
    Ok((begin.elapsed(), failures))
}

/// Waits for a question, makes sure that nothing has happened yet, and answers it as a person does.
fn answer(run: &Drive<'_>, stage: &Stage, surface: &mut Surface, expected: &Expected) -> Result<(), String> {
    let Expected { action, file, allow, mine, .. } = expected;
    let question = waiting(run, stage, action)?;
    let project = &stage.world.project;
    if !file.is_empty() && project.join(file).symlink_metadata().is_ok() {
        return Err(format!("{file} was made before anybody answered"));
    }
    if let Some((name, text)) = mine {
        fs::write(project.join(name), text).map_err(|e| e.to_string())?;
    }
    surface.answer(&question, *allow)?;
    let gone = Instant::now();
    while questions(run, stage)?.iter().any(|other| of(other, "id") == of(&question, "id")) {
        if gone.elapsed() > PATIENCE {
            return Err(format!("the question about {action} was not answered"));
        }
        thread::sleep(PAUSE);
    }
    Ok(())
}

/// A text of a question as `approve --list --json` prints it.
fn of<'q>(line: &'q Value, key: &str) -> &'q str {
    line.get("question").and_then(|question| question.get(key)?.as_str()).unwrap_or_default()
}

fn questions(run: &Drive<'_>, stage: &Stage) -> Result<Vec<Value>, String> {
    let listed = run.wardline(stage, &["approve", "--list", "--json"]).map_err(|e| e.to_string())?;
    let lines = listed.stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    Ok(lines.filter(|line| line.get("question").is_some()).collect())
}

fn waiting(run: &Drive<'_>, stage: &Stage, action: &str) -> Result<Value, String> {
    let begin = Instant::now();
    loop {
        let all = questions(run, stage)?;
        let about = |line: &&Value| of(line, "action").contains(action);
        if let Some(found) = all.iter().find(about) {
            return Ok(found.clone());
        }
        if begin.elapsed() > PATIENCE {
            return Err(format!("no question about {action} came; these wait: {all:?}"));
        }
        thread::sleep(PAUSE);
    }
}

/// What must be true of the project and of what the model was told.
fn outcome(stage: &Stage) -> Vec<String> {
    let mut failures = Vec::new();
    let seen = stage.server.seen();
    for (name, content) in [
        ("src/new.txt", Some("as it was approved\n")),
        ("made.txt", Some("by-the-shell")),
        ("src/no.txt", None),
        ("never-made", None),
        ("mine.txt", Some("mine\n")),
        ("src/mine-too.txt", Some("while a command waited\n")),
    ] {
        let found = fs::read_to_string(stage.world.project.join(name)).ok();
        if found.as_deref() != content {
            failures.push(format!("{name} is {found:?}, not {content:?}"));
        }
    }
    let edited = fs::read_to_string(stage.world.project.join("a.txt")).unwrap_or_default();
    if !edited.contains("omega") {
        failures.push(format!("a.txt is {edited:?}: the approved edit is not there"));
    }
    for Expected { step, action, allow, .. } in QUESTIONS {
        let told = seen.outcomes.get(step).and_then(|outcome| outcome.result.as_deref()).unwrap_or_default();
        if told.contains("the person said no") == *allow {
            failures.push(format!("of {action} the model was told {told:?}"));
        }
    }
    if !seen.finished {
        failures.push("the script did not come to its end".to_owned());
    }
    failures
}

/// Takes back what the agent did, on a terminal; what the person wrote must be all that is left.
fn taken_back(run: &Drive<'_>, stage: &Stage, before: &super::world::Snapshot) -> io::Result<Vec<String>> {
    let line = format!("{} revert --all", stage.world.wardline().display());
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.env_clear().envs(&stage.environment).current_dir(&stage.world.project);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(b"y\n")?;
    }
    let output = child.wait_with_output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut failures = Vec::new();
    if !output.status.success() {
        failures.push(format!("wardline revert --all: {:?}: {}", output.status.code(), drive::tail(&said)));
    }
    let project =
        stage.world.project.strip_prefix(&stage.world.root).unwrap_or(&stage.world.project).to_owned();
    let after = stage.world.snapshot();
    let mut changed: Vec<String> = drive::changes(before, &after)
        .into_iter()
        .filter(|line| line.get(2..).is_some_and(|path| path.starts_with(&*project.to_string_lossy())))
        .collect();
    changed.sort();
    let mut wanted: Vec<String> = QUESTIONS
        .iter()
        .filter_map(|expected| expected.mine)
        .map(|(name, _)| format!("+ {}", project.join(name).display()))
        .collect();
    wanted.sort();
    if changed != wanted {
        let who = run.wardline(stage, &["changes"])?;
        failures.push(format!(
            "left after the revert: {changed:?}, not {wanted:?}; {}",
            drive::tail(&who.stdout)
        ));
    }
    Ok(failures)
}

/// Where a person answers.
enum Surface {
    Page { server: Child, host: String, cookie: String },
    Terminal(Window),
}

impl Surface {
    /// Opens the page as a browser does: the link's secret for a cookie.
    fn page(stage: &Stage) -> Result<Self, String> {
        let mut command = Command::new(stage.world.wardline());
        command.arg("ui").env_clear().envs(&stage.environment).current_dir(&stage.world.project);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut server = command.spawn().map_err(|e| e.to_string())?;
        let mut link = String::new();
        let out = server.stdout.take().ok_or("the page has no output")?;
        BufReader::new(out).read_line(&mut link).map_err(|e| e.to_string())?;
        let found = link.trim().strip_prefix("http://").and_then(|rest| rest.split_once("/#"));
        let (host, secret) = found.ok_or_else(|| format!("`wardline ui` said {link:?}"))?;
        let entered = exchange(host, "POST", "/login", "", &format!("secret={secret}"))?;
        let cookie = entered.lines().find_map(|line| line.strip_prefix("set-cookie: "));
        let cookie = cookie.and_then(|line| line.split(';').next()).unwrap_or_default().to_owned();
        Ok(Self::Page { server, host: host.to_owned(), cookie })
    }

    fn terminal(stage: &Stage) -> Result<Self, String> {
        let window = Window::open(stage).map_err(|e| e.to_string())?;
        window.enter(&format!("{} approve", stage.world.wardline().display()))?;
        window.until("the screen that answers", |text| text.contains("no question waits"))?;
        Ok(Self::Terminal(window))
    }

    fn answer(&mut self, question: &Value, allow: bool) -> Result<(), String> {
        let id = of(question, "id");
        let digest = question.get("digest").and_then(Value::as_str).unwrap_or_default();
        match self {
            Self::Page { host, cookie, .. } => {
                let page = exchange(host, "GET", "/approvals", cookie, "")?;
                let card = page.split_once(&format!("card-{}", id)).map(|(_, rest)| rest);
                let card = card.ok_or("the page does not show the question")?;
                let word = field(&page, "word").ok_or("the page's form has no word")?;
                if field(card, "digest").as_deref() != Some(digest) {
                    return Err("the form's digest is not the question's".to_owned());
                }
                // A yes that comes at once was meant for something else.
                thread::sleep(Duration::from_millis(400));
                let say = if allow { "allow" } else { "deny" };
                let form = format!("word={word}&id={}&digest={digest}&say={say}", id);
                let done = exchange(host, "POST", "/approvals/answer", cookie, &form)?;
                if done.starts_with("HTTP/1.1 303") {
                    Ok(())
                } else {
                    Err(format!("the page said {}", drive::tail(&done)))
                }
            }
            Self::Terminal(window) => {
                let name = id.get(..8).unwrap_or_default();
                window.until("the question on the screen", |text| text.contains(&format!("── {name} ")))?;
                let said = format!("{}: {name}", if allow { "allowed, once" } else { "refused" });
                for _ in 0..TRIES {
                    // To its end, and a moment later a yes or a no.
                    window.keys("G")?;
                    thread::sleep(PAUSE * 7);
                    window.keys(if allow { "r" } else { "d" })?;
                    thread::sleep(PAUSE * 5);
                    if window.text().contains(&said) {
                        return Ok(());
                    }
                }
                Err(format!("the screen did not say {said:?}"))
            }
        }
    }

    /// What a person sees there, for a failure.
    fn seen(&self) -> String {
        match self {
            Self::Page { .. } => String::new(),
            Self::Terminal(window) => window.text(),
        }
    }
}

impl Drop for Surface {
    fn drop(&mut self) {
        if let Self::Page { server, .. } = self {
            server.kill().ok();
            server.wait().ok();
        }
    }
}

/// The value of the first hidden field of a name.
fn field(page: &str, name: &str) -> Option<String> {
    let (_, rest) = page.split_once(&format!("name=\"{name}\" value=\""))?;
    rest.split_once('"').map(|(value, _)| value.to_owned())
}

/// One request as a browser sends it from the page itself; the whole answer.
fn exchange(host: &str, method: &str, path: &str, cookie: &str, form: &str) -> Result<String, String> {
    let said = |e: io::Error| format!("{method} {path}: {e}");
    let mut stream = TcpStream::connect(host).map_err(said)?;
    stream.set_read_timeout(Some(PATIENCE)).map_err(said)?;
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\nSec-Fetch-Site: same-origin\r\nCookie: {cookie}\r\n\
         Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{form}",
        form.len()
    );
    stream.write_all(head.as_bytes()).map_err(said)?;
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).map_err(said)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
