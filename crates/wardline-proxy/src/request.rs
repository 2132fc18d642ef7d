//! One plain HTTP request and its response, on a connection of its own.

use crate::body;
use crate::head::{Framing, HttpRequest, Response, end_of_head, parse_response};
use crate::pipe::{Counted, Pipe, Source};
use std::net::Shutdown;
use std::time::Duration;

/// Most interim responses (1xx) before the real one.
const INTERIM: usize = 8;

/// Sends the request to the host and its response to the client. The error is what to tell the client when nothing has
/// been told yet.
pub(crate) fn exchange(
    request: &HttpRequest,
    client: &dyn Pipe,
    mut body: Source<'_>,
    host: &Counted,
    limits: &crate::Limits,
) -> Result<(), String> {
    let idle = limits.idle;
    let sent = host.send(&request.encode(), idle);
    sent.map_err(|error| format!("the host did not take the request: {error}"))?;
    if request.expects && request.body != Framing::Open {
        client.send(b"HTTP/1.1 100 Continue\r\n\r\n", idle).map_err(|error| error.to_string())?;
    }
    std::thread::scope(|scope| {
        // The body goes out while the response comes in: a host may answer before it has read everything.
        let sender = std::thread::Builder::new().name("wardline-body".to_owned());
        let sending = sender.spawn_scoped(scope, || {
            if body::copy(&mut body, host, request.body, idle).is_err() {
                // A body that ends early or breaks its framing must not look like a whole one.
                host.end(Shutdown::Both);
            }
        });
        sending.map_err(|error| format!("no thread for the request: {error}"))?;
        let answered = answer(request, client, host, limits);
        if answered.is_ok() {
            client.end(Shutdown::Both);
        } else {
            client.end(Shutdown::Read);
        }
        host.end(Shutdown::Both);
        answered
    })
}

/// The same where the two directions cannot be used at once: the whole body first, then the response.
pub(crate) fn exchange_in_turn(
    request: &HttpRequest,
    client: &dyn Pipe,
    body: &mut Source<'_>,
    host: &dyn Pipe,
    limits: &crate::Limits,
) -> Result<(), String> {
    let idle = limits.idle;
    let sent = host.send(&request.encode(), idle);
    sent.map_err(|error| format!("the host did not take the request: {error}"))?;
    if request.expects && request.body != Framing::Open {
        client.send(b"HTTP/1.1 100 Continue\r\n\r\n", idle).map_err(|error| error.to_string())?;
    }
    let copied = body::copy(body, host, request.body, idle);
    copied.map_err(|error| format!("the body of the request did not reach the host: {error}"))?;
    answer(request, client, host, limits)?;
    client.end(Shutdown::Write);
    host.end(Shutdown::Both);
    Ok(())
}

fn answer(
    request: &HttpRequest,
    client: &dyn Pipe,
    host: &dyn Pipe,
    limits: &crate::Limits,
) -> Result<(), String> {
    let mut source = Source::new(host);
    let response = final_response(&mut source, limits)?;
    let idle = limits.idle;
    if client.send(&response.head, idle).is_err() {
        return Ok(());
    }
    let bodiless = request.method == "HEAD" || matches!(response.status, 204 | 304);
    let copied = match response.body {
        _ if bodiless => Ok(()),
        Framing::Open => body::copy_to_end(&mut source, client, idle),
        framing => body::copy(&mut source, client, framing, idle),
    };
    // The head is out already, so a failure can only show as an early end.
    copied.ok();
    Ok(())
}

/// The response after any interim ones, which are left out.
fn final_response(source: &mut Source<'_>, limits: &crate::Limits) -> Result<Response, String> {
    for _ in 0..INTERIM {
        let head = receive_head(source, limits.head, limits.idle)?;
        let response = parse_response(&head).map_err(|error| error.to_string())?;
        match response.status {
            101 => return Err("the host wants to change the protocol".to_owned()),
            100..=199 => {}
            _ => return Ok(response),
        }
    }
    Err("the host sends interim responses without end".to_owned())
}

fn receive_head(source: &mut Source<'_>, most: usize, idle: Duration) -> Result<Vec<u8>, String> {
    let mut seen = 0;
    loop {
        if let Some(end) = end_of_head(source.ahead(), seen) {
            return Ok(source.take(end));
        }
        if source.ahead().len() > most {
            return Err("the host's response head is too long".to_owned());
        }
        seen = source.ahead().len();
        match source.more(idle) {
            Ok(true) => {}
            Ok(false) => return Err("the host closed the connection without an answer".to_owned()),
            Err(error) => return Err(format!("the host did not answer: {error}")),
        }
    }
}
