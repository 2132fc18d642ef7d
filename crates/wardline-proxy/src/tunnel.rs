//! A tunnel: what it begins with must show whom it is for, then its bytes are passed on unseen.

use crate::answer::ANSWER;
use crate::connection::{Connection, Verb};
use crate::head::{HttpRequest, parse_tunnelled};
use crate::hello::{Hello, inspect};
use crate::host::{Authority, Host};
use crate::intercept;
use crate::pipe::{Counted, Pipe, Source};
use crate::relay::relay;
use crate::serve::{Front, Visit, receive_head};
use std::time::{Duration, Instant};

/// A fatal TLS alert, "access denied": what a TLS client can show its user.
const ACCESS_DENIED: [u8; 7] = [0x15, 3, 3, 0, 2, 2, 49];

/// What a tunnel begins with.
enum First {
    /// TLS for the right host, or anything where anything may pass.
    Bytes(Vec<u8>),
    /// One plain HTTP request for the right host.
    Request(Box<HttpRequest>),
    /// TLS for the right host that must be opened.
    Hidden(Vec<u8>),
}

/// Runs a tunnel whose host is connected, until it ends and is recorded as ended.
pub(crate) fn run(
    visit: &Visit<'_>,
    connection: &Connection,
    authority: &Authority,
    mut source: Source<'_>,
    host: &Counted,
    front: &Front,
) {
    if front.welcome(&*visit.session.client).is_ok() {
        let (door, client) = (visit.door, &*visit.session.client);
        let idle = door.limits.idle;
        let relayed = if door.allow_plain_connect {
            // The host may speak first.
            relay(client, host, idle, || match first(visit, &mut source, authority, idle)? {
                First::Bytes(bytes) => Ok(bytes),
                First::Request(request) => Ok(request.encode()),
                First::Hidden(_) => Err("TLS is not opened where anything may pass".to_owned()),
            })
        } else {
            match first(visit, &mut source, authority, door.limits.opening) {
                Ok(First::Bytes(bytes)) => relay(client, host, idle, || Ok(bytes)),
                Ok(First::Request(request)) => {
                    let verb = Verb::Http { method: request.method.clone(), path: request.path().to_owned() };
                    visit.exchange(&Connection { verb, ..connection.clone() }, &request, source, host);
                    return visit.close(connection, host);
                }
                Ok(First::Hidden(bytes)) => match &door.interceptor {
                    Some(interceptor) => {
                        intercept::run(visit, interceptor, connection, authority, bytes, host)
                    }
                    None => Err("TLS cannot be opened".to_owned()),
                },
                Err(why) => Err(why),
            }
        };
        let exhausted = || host.exhausted().map(|exhausted| exhausted.to_string());
        if let Some(why) = relayed.err().or_else(exhausted) {
            visit.cut(connection, &why);
            client.send(&ACCESS_DENIED, ANSWER).ok();
        }
    }
    visit.close(connection, host);
}

fn first(
    visit: &Visit<'_>,
    source: &mut Source<'_>,
    authority: &Authority,
    patience: Duration,
) -> Result<First, String> {
    let deadline = Instant::now() + patience;
    let any = visit.door.allow_plain_connect;
    loop {
        match inspect(source.ahead()) {
            Hello::More => match source.more_until(deadline) {
                Ok(true) => {}
                Ok(false) if source.ahead().is_empty() => return Ok(First::Bytes(Vec::new())),
                Ok(false) => return Err("the tunnel ends within the TLS hello".to_owned()),
                Err(error) => return Err(format!("no TLS hello came: {error}")),
            },
            Hello::Tls(name) => {
                check_name(name.as_ref(), &authority.host)?;
                if visit.door.opens(authority) {
                    return Ok(First::Hidden(source.take(usize::MAX)));
                }
                visit.door.hide(authority).map_err(|refusal| refusal.to_string())?;
                return Ok(First::Bytes(source.take(usize::MAX)));
            }
            Hello::Plain if any => return Ok(First::Bytes(source.take(usize::MAX))),
            Hello::Plain
                if authority.port != 443 && source.ahead().first().is_some_and(u8::is_ascii_uppercase) =>
            {
                return plain_request(visit, source, authority, deadline);
            }
            Hello::Plain => {
                return Err(
                    "the tunnel carries something other than TLS, so nothing shows whom it is for".to_owned()
                );
            }
            Hello::Bad(why) => return Err(why.to_owned()),
        }
    }
}

/// The name in the hello is the tunnel's. A tunnel to a name needs one: a provider's front door would serve any of its
/// sites to a client that names none here and another one inside. A tunnel to an address has none to give.
fn check_name(name: Option<&Host>, host: &Host) -> Result<(), String> {
    match (name, host) {
        (Some(name), _) if name != host => Err(format!("the TLS hello names {name}, the tunnel {host}")),
        (None, Host::Name(_)) => Err(format!("the TLS hello names no host, the tunnel {host}")),
        _ => Ok(()),
    }
}

fn plain_request(
    visit: &Visit<'_>,
    source: &mut Source<'_>,
    authority: &Authority,
    deadline: Instant,
) -> Result<First, String> {
    let head =
        receive_head(source, &visit.door.limits, deadline).map_err(|unread| unread.words().1.to_owned())?;
    let request = parse_tunnelled(&head, authority, 80)
        .map_err(|why| format!("the tunnel carries something other than TLS or one HTTP request: {why}"))?;
    visit.door.permit(authority, &request.method, request.path()).map_err(|refusal| refusal.to_string())?;
    Ok(First::Request(Box::new(request)))
}
