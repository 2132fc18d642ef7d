//! A scripted model: a loopback server that speaks the model APIs of four agents and plays a fixed list of tool calls.
//!
//! The server keeps no position of its own. Each request carries the whole conversation, so the next step is the
//! number of tool results already in it: retries, reconnects and parallel side conversations cannot disturb a script.

mod anthropic;
mod chat;
mod gemini;
mod http;
mod responses;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use serde_json::{Value, json};

/// What the scripted model wants done, in words that no agent owns.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Call {
    /// Run one command line in the agent's shell tool.
    Shell(String),
    /// Read one file with the agent's read tool; the path is absolute.
    Read(String),
    /// Create or replace one file with the agent's write tool; the path is absolute.
    Write {
        /// Absolute path.
        path: String,
        /// The whole new content.
        content: String,
    },
    /// Replace whole lines in one file with the agent's edit tool; the path is absolute.
    Edit {
        /// Absolute path.
        path: String,
        /// The lines as they are.
        old: String,
        /// The lines as they should be.
        new: String,
    },
    /// End the turn. What the agent tells the model instead of ending is the result.
    End,
}

/// A [`Call`] in the words of one agent: the name and the arguments of the tool that the agent offered.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tool {
    /// Name as offered in the request.
    pub(crate) name: String,
    /// Arguments; for a free-form tool, a plain string.
    pub(crate) input: Value,
}

/// Puts a call into the words of one agent, given the names of the tools that it offered.
pub(crate) type Translate = fn(&Call, &[String]) -> Option<Tool>;

/// The calls to play, one after each other, and the text that ends the conversation.
#[derive(Default)]
pub(crate) struct Script {
    /// Played in order, each after the result of the one before.
    pub(crate) calls: Vec<Call>,
    /// The last answer, after the last result.
    pub(crate) farewell: String,
    /// Runs once, right before this step goes out.
    pub(crate) trap: Option<Trap>,
}

/// Something that happens to the world in the middle of a script.
pub(crate) struct Trap {
    /// The step before which it happens.
    pub(crate) before: usize,
    /// What happens.
    pub(crate) spring: Box<dyn Fn() + Send + Sync>,
}

/// What came back for one call of the script.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    /// The tool name under which the call went out.
    pub(crate) tool: String,
    /// The text that the agent sent back; `None` while it has not.
    pub(crate) result: Option<String>,
}

/// Everything the server saw.
#[derive(Clone, Debug, Default)]
pub(crate) struct Seen {
    /// By step of the script.
    pub(crate) outcomes: BTreeMap<usize, Outcome>,
    /// `METHOD path` of each request, with what was made of it, in order.
    pub(crate) requests: Vec<String>,
    /// Names of the tools that the main conversation offered.
    pub(crate) offered: Vec<String>,
    /// Requests that could not be served: an unknown path, an unreadable body, a call without a matching tool.
    pub(crate) oddities: Vec<String>,
    /// Hosts that the agent wanted to reach through this server as its proxy; all were refused.
    pub(crate) elsewhere: BTreeSet<String>,
    /// Whether the final text went out.
    pub(crate) finished: bool,
}

/// A running server; dropping it stops the listener.
pub(crate) struct Server {
    port: u16,
    shared: Arc<Shared>,
}

struct Shared {
    script: Script,
    translate: Translate,
    seen: Mutex<Seen>,
    sprung: AtomicBool,
    stop: AtomicBool,
}

/// One request of a model API, reduced to what a script needs.
#[derive(Debug, Default)]
struct Asked {
    model: String,
    stream: bool,
    offered: Vec<String>,
    /// The results in the conversation, by step.
    results: BTreeMap<usize, String>,
    /// The schema of the answer when the agent wants JSON instead of prose.
    schema: Option<Value>,
}

/// What the scripted model answers.
#[derive(Debug)]
enum Reply {
    Call { step: usize, tool: Tool },
    Say(String),
}

/// A body and its content type.
type Body = (&'static str, String);

/// The APIs that the server speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Api {
    Anthropic,
    Chat,
    Responses,
    Gemini,
}

const STREAM: &str = "text/event-stream";
const JSON: &str = "application/json";

impl Server {
    /// Listens on a free loopback port and serves until dropped.
    pub(crate) fn start(script: Script, translate: Translate) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?;
        let port = listener.local_addr()?.port();
        let (seen, sprung, stop) = (Mutex::default(), AtomicBool::new(false), AtomicBool::new(false));
        let shared = Arc::new(Shared { script, translate, seen, sprung, stop });
        let serving = Arc::clone(&shared);
        thread::Builder::new().name("scripted-model".into()).spawn(move || accept(&listener, &serving))?;
        Ok(Self { port, shared })
    }

    /// The loopback port.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// A copy of everything seen so far.
    pub(crate) fn seen(&self) -> Seen {
        self.shared.seen().clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // The listener blocks in accept: one connection wakes it so that it sees the flag.
        drop(TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)));
    }
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn accept(listener: &TcpListener, shared: &Arc<Shared>) {
    for connection in listener.incoming() {
        if shared.stop.load(Ordering::SeqCst) {
            return;
        }
        let Ok(connection) = connection else { continue };
        let shared = Arc::clone(shared);
        thread::spawn(move || {
            // A client that hangs up early is the client's business; what it asked is recorded already.
            drop(serve(connection, &shared));
        });
    }
}

fn serve(mut connection: TcpStream, shared: &Shared) -> io::Result<()> {
    while let Some(request) = http::read(&mut connection)? {
        let (status, (kind, body)) = answer(&request, shared);
        http::write(&mut connection, &request, status, kind, &body)?;
    }
    Ok(())
}

/// Finds what a request wants and answers it, leaving a note of both.
fn answer(request: &http::Request, shared: &Shared) -> (u16, Body) {
    let line = format!("{} {}", request.method, request.target);
    let path = request.target.split('?').next().unwrap_or_default();
    if request.method == "CONNECT" || path.starts_with("http://") {
        shared.seen().elsewhere.insert(request.target.clone());
        return (403, (JSON, json!({"error": {"message": "nothing but the model is in reach"}}).to_string()));
    }
    if let Some(api) = api_of(path).filter(|_| request.method == "POST") {
        return match serde_json::from_slice::<Value>(&request.body) {
            Ok(body) => (200, converse(api, &line, path, &body, shared)),
            Err(error) => {
                shared.seen().oddities.push(format!("{line}: unreadable body: {error}"));
                (400, (JSON, json!({"error": {"message": "unreadable body"}}).to_string()))
            }
        };
    }
    let misc = miscellany(&request.method, path);
    let mut seen = shared.seen();
    seen.requests.push(format!("{line} -> {}", if misc.is_some() { "miscellany" } else { "404" }));
    misc.map_or_else(
        || {
            seen.oddities.push(format!("{line}: unknown path"));
            (404, (JSON, json!({"error": {"message": "not served here"}}).to_string()))
        },
        |body| (200, (JSON, body.to_string())),
    )
}

fn api_of(path: &str) -> Option<Api> {
    match path {
        _ if path.ends_with("/messages") => Some(Api::Anthropic),
        _ if path.ends_with("/chat/completions") => Some(Api::Chat),
        _ if path.ends_with("/responses") => Some(Api::Responses),
        _ if path.ends_with(":generateContent") || path.ends_with(":streamGenerateContent") => {
            Some(Api::Gemini)
        }
        _ => None,
    }
}

/// The small questions that agents ask besides the conversation.
fn miscellany(method: &str, path: &str) -> Option<Value> {
    match (method, path) {
        ("POST", _) if path.ends_with("/count_tokens") => Some(json!({"input_tokens": 8})),
        ("POST", _) if path.ends_with(":countTokens") => Some(json!({"totalTokens": 8})),
        ("GET", _) if path.ends_with("/models") => {
            Some(json!({"object": "list", "data": [], "models": [], "has_more": false}))
        }
        ("HEAD" | "GET", "/") => Some(json!({})),
        _ => None,
    }
}

fn converse(api: Api, line: &str, path: &str, body: &Value, shared: &Shared) -> Body {
    let asked = match api {
        Api::Anthropic => anthropic::read(body),
        Api::Chat => chat::read(body),
        Api::Responses => responses::read(body),
        Api::Gemini => gemini::read(path, body),
    };
    let reply = decide(line, &asked, shared);
    match api {
        Api::Anthropic => anthropic::write(&asked, &reply),
        Api::Chat => chat::write(&asked, &reply),
        Api::Responses => responses::write(&asked, &reply),
        Api::Gemini => gemini::write(&asked, &reply),
    }
}

/// Plays the next step, or answers a side question (a title, a summary, a classification) without moving on.
fn decide(line: &str, asked: &Asked, shared: &Shared) -> Reply {
    let mut seen = shared.seen();
    let step = asked.results.len();
    let next = shared.script.calls.get(step);
    let probe = Call::Shell(String::new());
    if (shared.translate)(&probe, &asked.offered).is_none() {
        seen.requests.push(format!("{line} -> side question"));
        return Reply::Say(asked.schema.as_ref().map_or_else(
            || "Scripted session".to_owned(),
            |schema| sample(schema, SAMPLE_DEPTH).to_string(),
        ));
    }
    seen.offered.clone_from(&asked.offered);
    for (step, text) in &asked.results {
        seen.outcomes.entry(*step).or_default().result.get_or_insert_with(|| text.clone());
    }
    let Some(call) = next else {
        seen.requests.push(format!("{line} -> farewell"));
        seen.finished = true;
        return Reply::Say(shared.script.farewell.clone());
    };
    if *call == Call::End {
        seen.requests.push(format!("{line} -> step {step}: end of turn"));
        seen.outcomes.entry(step).or_default();
        return Reply::Say(format!("{TURN}{step:04} is over."));
    }
    let Some(tool) = (shared.translate)(call, &asked.offered) else {
        seen.oddities.push(format!("{line}: no tool for {call:?} among {:?}", asked.offered));
        return Reply::Say(shared.script.farewell.clone());
    };
    seen.requests.push(format!("{line} -> step {step}: {}", tool.name));
    seen.outcomes.entry(step).or_default().tool.clone_from(&tool.name);
    drop(seen);
    let trap = shared.script.trap.as_ref().filter(|trap| trap.before == step);
    if let Some(trap) = trap.filter(|_| !shared.sprung.swap(true, Ordering::SeqCst)) {
        (trap.spring)();
    }
    Reply::Call { step, tool }
}

/// How deep [`sample`] follows a schema before it answers null.
const SAMPLE_DEPTH: u32 = 8;

/// The smallest value that fits a JSON schema, for side questions that insist on one.
fn sample(schema: &Value, depth: u32) -> Value {
    if depth == 0 {
        return Value::Null;
    }
    if let Some(first) = schema["enum"].as_array().and_then(|all| all.first()) {
        return first.clone();
    }
    match schema["type"].as_str().unwrap_or_default().to_ascii_lowercase().as_str() {
        "object" => {
            let fields = schema["properties"].as_object().into_iter().flatten();
            Value::Object(fields.map(|(name, part)| (name.clone(), sample(part, depth - 1))).collect())
        }
        "array" => json!([]),
        "boolean" => json!(false),
        "integer" | "number" => json!(0),
        _ => json!("scripted"),
    }
}

/// The id under which a call of the script goes out; APIs send it back with the result.
fn call_id(step: usize) -> String {
    format!("call_wardline_{step:04}")
}

/// The step in an id made by [`call_id`].
fn step_of(id: &str) -> Option<usize> {
    id.strip_prefix("call_wardline_")?.parse().ok()
}

/// What stands before the number of the step in the word that ends a turn.
const TURN: &str = "turn_wardline_";

/// What the model was told after it had ended its turn, by the step that ended it. `spoken` is the conversation in order;
/// true is what the model said itself.
fn held(spoken: impl Iterator<Item = (bool, String)>) -> BTreeMap<usize, String> {
    let mut all = BTreeMap::new();
    let mut ended = None;
    for (own, text) in spoken {
        if own {
            let number = text.split_once(TURN).and_then(|(_, rest)| rest.get(..4));
            ended = number.and_then(|number| number.parse().ok());
        } else if let Some(step) = ended {
            let told: &mut String = all.entry(step).or_default();
            told.push_str(&text);
            told.push('\n');
        }
    }
    all
}

/// Flattens the shapes in which APIs carry text: a string, or a list of parts with a `text` each.
fn text_of(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().map(text_of).collect::<Vec<_>>().join("\n"),
        Value::Object(part) => match part.get("text") {
            Some(Value::String(text)) => text.clone(),
            _ => content.to_string(),
        },
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// One server-sent event.
fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}
