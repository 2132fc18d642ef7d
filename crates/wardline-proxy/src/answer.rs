//! What the door says to a program that it does not let through: short, for a person or a model to read.

use crate::door::Refusal;
use crate::pipe::Pipe;
use std::io;
use std::net::Shutdown;
use std::time::{Duration, Instant};

/// How long an answer may take to go out.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);

/// Longest reason in a status line; the body has it whole.
const PHRASE: usize = 160;

/// What every refusal by a rule ends with. A refusal looks like network trouble to many programs, and the usual cures
/// for that lead nowhere.
const ADVICE: &str = "This is the session's policy and not a fault of the network: another spelling, another tool, an \
                      unset proxy or --noproxy lead nowhere. Ask the human, or go on without it.";

/// What a refusal of `what` says to a program: the rule, the reason, the sanctioned way.
pub(crate) fn explanation(what: &str, refusal: &Refusal) -> String {
    let mut text = format!("{what} was refused: {refusal}");
    if let Some(help) = refusal.help() {
        text.push('\n');
        text.push_str(&help);
    }
    if !matches!(refusal, Refusal::Unresolved { .. }) {
        text.push('\n');
        text.push_str(ADVICE);
    }
    text
}

/// Answers with a short text and ends the connection.
pub(crate) fn answer(client: &dyn Pipe, status: &str, text: &str) {
    if send_answer(client, status, "", text).is_ok() {
        drain(client);
    }
}

/// Answers a refusal: programs that show no body show the status line, so the reason stands there too.
pub(crate) fn refuse(client: &dyn Pipe, refusal: &Refusal, text: &str) {
    let status = match refusal {
        Refusal::Unresolved { .. } => "502 Bad Gateway",
        _ => "403 Forbidden",
    };
    let reason: String =
        refusal.to_string().chars().filter(|c| c.is_ascii() && !c.is_ascii_control()).take(PHRASE).collect();
    answer(client, &format!("{status} (wardline: {reason})"), text);
}

/// Asks for the session's token.
pub(crate) fn unauthorized(client: &dyn Pipe) {
    let text = "the door of this session is open to its own programs only, which find the user and password to give in \
                HTTPS_PROXY; the program that asked sent none or other ones";
    let field = "Proxy-Authenticate: Basic realm=\"wardline\"\r\n";
    if send_answer(client, "407 Proxy Authentication Required", field, text).is_ok() {
        drain(client);
    }
}

pub(crate) fn send_answer(client: &dyn Pipe, status: &str, fields: &str, text: &str) -> io::Result<()> {
    let length = text.len() + "wardline: \n".len();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {length}\r\n{fields}\
         Connection: close\r\n\r\nwardline: {text}\n"
    );
    client.send(head.as_bytes(), ANSWER)?;
    client.end(Shutdown::Write);
    Ok(())
}

/// Reads what the client still sends, for a short while: closing at once could destroy the answer on its way.
pub(crate) fn drain(client: &dyn Pipe) {
    let end = Instant::now() + Duration::from_millis(300);
    let mut buffer = [0; 4096];
    for _ in 0..64 {
        let left = end.saturating_duration_since(Instant::now());
        if left.is_zero() || !matches!(client.receive(&mut buffer, left), Ok(1..)) {
            return;
        }
    }
}
