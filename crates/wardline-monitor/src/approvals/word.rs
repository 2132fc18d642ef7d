//! What a person says of how closely they watch: recorded first, as every word that loosens, and then in force.

use wardline_audit::Kind;

use super::{Board, Mode};
use crate::record::Body;
use crate::{MonitorError, Subject, World, undo};

/// Switches the mode of a session, or of all that have none of their own; `None` goes back to what the configuration says. `by`
/// names the surface on which it was said.
///
/// # Errors
/// [`MonitorError`]; nothing was switched then.
pub fn switch(
    world: &World,
    session: Option<&str>,
    mode: Option<Mode>,
    by: &str,
) -> Result<(), MonitorError> {
    let word = mode.map_or("policy", Mode::as_str);
    let about = session.unwrap_or("every session");
    record(world, session.unwrap_or("mode"), &[("mode", word), ("for", about), ("by", by)])?;
    Ok(Board::open(&world.state)?.switch(session, mode, by)?)
}

/// Lets a session go on that was paused.
///
/// # Errors
/// [`MonitorError`]; it stays paused then.
pub fn lift_pause(world: &World, session: &str, by: &str) -> Result<(), MonitorError> {
    record(world, session, &[("resumed", session), ("by", by)])?;
    Ok(Board::open(&world.state)?.resume(session)?)
}

fn record(world: &World, session: &str, fields: &[(&str, &str)]) -> Result<(), MonitorError> {
    let mut body = Body::new();
    for (name, value) in fields.iter().chain(&[("principal", world.principal.as_str())]) {
        body.insert((*name).to_owned(), (*value).into());
    }
    undo::for_the_record(world)?.append(&Subject::local(session), Kind::Override, None, body).map(drop)
}
