//! Puts a hook call before the monitor and its answer into the agent's words.
//!
//! Whatever goes wrong on the way is answered with a block: an agent whose hook says nothing goes on.

use std::mem::ManuallyDrop;
use std::sync::Arc;

use serde_json::{Map, Value};
use wardline_monitor::approvals::{Broker, Told, Wanted};
use wardline_monitor::audit::Kind;
use wardline_monitor::gate::{self, Stop};
use wardline_monitor::policy::{Access, OnAsk, Verdict};
use wardline_monitor::sources::Choice;
use wardline_monitor::{Approver, Authorization, HostPrompt, Monitor, MonitorError, Nobody, Subject, World};

use crate::{AccessKind, Action, Answer, Call, Dialect, Manners, Moment, Reply};

/// Permission modes in which an agent would not put a question to its user even when a hook asks for it.
const SILENT_MODES: [&str; 3] = ["bypassPermissions", "dontAsk", "yolo"];

/// Answers a hook call in a process of its own, without a session around it: opens the policy and the journal, decides,
/// records. `hint` is the agent that the command line names.
#[must_use]
pub fn answer_alone(world: World, input: &[u8], hint: Option<Dialect>, wanted: &Wanted) -> Reply {
    let call = match crate::read(input) {
        Ok(call) => call,
        Err(e) => return crate::block_blindly(input, hint, &refusal(&e.to_string())),
    };
    let opened = wardline_monitor::bind(world, &call.session)
        .and_then(|world| Monitor::open(world, &Choice::default(), false));
    match opened {
        Ok(monitor) => {
            // This process ends with the answer: the kernel takes its memory back faster than the policy is taken apart.
            let monitor = ManuallyDrop::new(monitor.for_hooks_alone());
            let subject = subject(&call, &call.session);
            let asking = Asking { attended: true, on_ask: None, wanted: Arc::clone(wanted), told: None };
            answer(&monitor, &subject, &call, &asking)
        }
        Err(e) => failed(&call, &e),
    }
}

/// Answers a hook call inside a guarded session. The session's name in the journal is Wardline's own; the agent's is
/// kept beside it.
#[must_use]
pub fn answer_in_session(monitor: &Monitor, session: &str, input: &[u8], asking: &Asking) -> Reply {
    match crate::read(input) {
        Ok(call) => answer(monitor, &subject(&call, session), &call, asking),
        Err(e) => {
            let mut body = Map::new();
            body.insert("text".into(), format!("a hook's input could not be read: {e}").into());
            // The block below does not depend on this row.
            monitor.append(&Subject::local(session), Kind::Note, None, body).ok();
            crate::block_blindly(input, None, &refusal(&e.to_string()))
        }
    }
}

fn subject(call: &Call, session: &str) -> Subject {
    let agent = call.agent.clone().unwrap_or_else(|| "code".to_owned());
    let parents = if call.agent.is_some() { vec!["code".to_owned()] } else { Vec::new() };
    Subject { session: session.to_owned(), agent, parents, host: call.dialect.as_str().to_owned() }
}

fn answer(monitor: &Monitor, subject: &Subject, call: &Call, asking: &Asking) -> Reply {
    let answered = match (&call.moment, &call.action) {
        (Moment::BeforeTool, Some(action)) => before(monitor, subject, call, action, asking),
        (Moment::AfterTool, Some(action)) => after(monitor, subject, call, action),
        (Moment::BeforeTool, None) => Ok(Answer::Deny { reason: refusal("the call names no tool") }),
        (Moment::SessionStart, _) => seen(monitor, subject, call),
        (Moment::Stop, _) => stop(monitor, subject, call),
        (Moment::AfterTool, None) | (Moment::PermissionRequest | Moment::Other(_), _) => {
            Ok(Answer::NoObjection)
        }
    };
    match answered {
        Ok(answer) => crate::reply(call, &answer, &Manners::default()),
        Err(e) => failed(call, &e),
    }
}

/// What is said when the monitor cannot decide or record: a block where something can still be stopped, else a word to the
/// person. Blocking the end of a turn over a full disk would keep the agent running for ever.
fn failed(call: &Call, error: &MonitorError) -> Reply {
    let reason = refusal(&error.to_string());
    match call.moment {
        Moment::BeforeTool | Moment::PermissionRequest => {
            crate::reply(call, &Answer::Deny { reason }, &Manners::default())
        }
        Moment::AfterTool | Moment::Stop | Moment::SessionStart | Moment::Other(_) => {
            Reply { stderr: format!("wardline: {error}\n"), ..Reply::silence() }
        }
    }
}

/// The end of a turn is held while the gate is red.
fn stop(monitor: &Monitor, subject: &Subject, call: &Call) -> Result<Answer, MonitorError> {
    Ok(match gate::at_stop(monitor, subject, call.stop_hook_active)? {
        Stop::Hold(reason) => Answer::Deny { reason },
        Stop::Let => Answer::NoObjection,
        // Its model has given up or is turning round; what is open is the person's from here on.
        Stop::EndedRed(text) => Answer::Tell { text },
    })
}

/// The state that the gate compares with is taken before anything is done.
fn begin(monitor: &Monitor, subject: &Subject) {
    let world = monitor.world();
    if gate::demand(monitor.policy()).is_some() && !gate::exists(&world.state, &subject.session) {
        // Without it the gate cannot be green.
        gate::take(&world.state, &subject.session, &world.project).ok();
    }
}

fn before(
    monitor: &Monitor,
    subject: &Subject,
    call: &Call,
    action: &Action,
    asking: &Asking,
) -> Result<Answer, MonitorError> {
    begin(monitor, subject);
    let wanted = to_monitor(call, action);
    let approver = approver(monitor, call, asking)?;
    Ok(match monitor.authorize(subject, &wanted, &*approver)? {
        Authorization::Grant { permit, verdict } => {
            permit.hand_over();
            Answer::Allow { reason: first_reason(&verdict) }
        }
        Authorization::HostAsks { verdict } => Answer::Ask { reason: first_reason(&verdict) },
        Authorization::Refuse { verdict, unanswered } => {
            let mut text = first_reason(&verdict);
            if let Some(why) = unanswered {
                text = format!("{text} (the policy asks, and {why})");
            }
            Answer::Deny { reason: refusal(&text) }
        }
    })
}

fn after(monitor: &Monitor, subject: &Subject, call: &Call, action: &Action) -> Result<Answer, MonitorError> {
    let mut body = Map::new();
    if let Some(outcome) = call.outcome {
        body.insert("ok".into(), outcome.ok.map_or(Value::Null, Value::from));
        body.insert("exit_code".into(), outcome.exit_code.map_or(Value::Null, Value::from));
        body.insert("bytes".into(), outcome.bytes.into());
    }
    monitor.reported(subject, &to_monitor(call, action), body)?;
    Ok(Answer::NoObjection)
}

fn seen(monitor: &Monitor, subject: &Subject, call: &Call) -> Result<Answer, MonitorError> {
    begin(monitor, subject);
    let mut body = Map::new();
    body.insert("host".into(), call.dialect.as_str().into());
    body.insert("agent_session".into(), call.session.clone().into());
    body.insert("text".into(), "the agent's hooks are in force".into());
    body.extend(monitor.session_seen(subject));
    monitor.append(subject, Kind::Note, None, body)?;
    Ok(Answer::NoObjection)
}

/// How a question of an agent's is put to a person.
#[derive(Clone)]
pub struct Asking {
    /// Whether somebody sits before the agent's own prompt.
    pub attended: bool,
    /// What becomes of a question by the command line's word; by the policy's when absent.
    pub on_ask: Option<OnAsk>,
    /// Whether an answer is still of use.
    pub wanted: Wanted,
    /// What is told of a question that is put on the board.
    pub told: Option<Told>,
}

/// Who answers when the policy asks: a person at the board where it was said that questions wait there, else the agent's own
/// prompt where its protocol has one and its mode uses it, else a person who has a surface open.
fn approver(monitor: &Monitor, call: &Call, asking: &Asking) -> Result<Box<dyn Approver>, MonitorError> {
    let prompts = match call.dialect {
        Dialect::Claude | Dialect::Cursor => asking.attended && !is_silent(call),
        Dialect::Codex | Dialect::Gemini | Dialect::Kiro | Dialect::Plugin => false,
    };
    let on_ask = asking.on_ask.unwrap_or_else(|| monitor.policy().on_ask());
    if prompts && !matches!(on_ask, OnAsk::Wait(_)) {
        return Ok(Box::new(HostPrompt));
    }
    Ok(match Broker::for_word(monitor.world(), monitor.policy(), Some(on_ask))? {
        Some(broker) => {
            let broker = broker.while_wanted(Arc::clone(&asking.wanted));
            match &asking.told {
                Some(told) => Box::new(broker.telling(Arc::clone(told))),
                None => Box::new(broker),
            }
        }
        None => Box::new(Nobody),
    })
}

/// Whether the agent's mode keeps it from putting questions.
fn is_silent(call: &Call) -> bool {
    call.mode.as_ref().is_some_and(|mode| SILENT_MODES.iter().any(|silent| mode == silent))
}

fn to_monitor(call: &Call, action: &Action) -> wardline_monitor::Action {
    wardline_monitor::Action {
        permission: action.permission.clone(),
        targets: action.targets.clone(),
        script: action.script.clone(),
        paths: action.paths.iter().map(|(kind, path)| (access(*kind), path.clone())).collect(),
        cwd: action.cwd.as_ref().or(call.cwd.as_ref()).map(Into::into),
        doubts: action.doubts.clone(),
        changes: crate::edits::proposed(call, action),
        tool: call.tool.clone(),
        call: call.call_id.clone(),
    }
}

fn access(kind: AccessKind) -> Access {
    match kind {
        AccessKind::Read => Access::Read,
        AccessKind::List => Access::List,
        AccessKind::Write => Access::Write,
        AccessKind::Delete => Access::Delete,
        AccessKind::Execute => Access::Execute,
    }
}

/// The deciding rule and its sentence; the rest of the policy is none of the model's business.
fn first_reason(verdict: &Verdict) -> String {
    verdict.reasons.first().map_or_else(String::new, |reason| format!("{} [{}]", reason.text, reason.rule))
}

/// A refusal as the model reads it.
fn refusal(why: &str) -> String {
    format!("refused: {why}. Do not look for another spelling; tell the user what you wanted to do and why.")
}
