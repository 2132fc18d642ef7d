//! `wardline waive`: a person's exception for one effect that is refused.

use std::process::ExitCode;
use std::time::SystemTime;

use serde_json::{Map, Value, json};
use wardline_monitor::audit::Kind;
use wardline_monitor::sources::Choice;
use wardline_monitor::waivers::{self, Stored};
use wardline_monitor::{Monitor, Subject, World, visible};

use crate::{exit, term};

#[derive(Debug, clap::Args)]
#[command(
    after_help = "EFFECT is what `wardline check` and the refusal itself name, such as \"delete /srv/old recursive\". A waiver \
                        is about that effect alone, however it is spelled, in this project, and ends by itself. It is \
                        made at a terminal and stands in the journal.\n\nExit codes: 0 done, 1 nothing to revoke, 2 bad usage \
                        or nobody at the terminal, 20 not confirmed."
)]
pub(crate) struct Waive {
    /// The effect; without one, all waivers are shown
    #[arg(value_name = "EFFECT")]
    effect: Option<String>,
    /// Why it is right here
    #[arg(long, value_name = "TEXT", requires = "effect")]
    reason: Option<String>,
    /// How long: 30m, 2h, 3days; at most 90 days
    #[arg(long = "for", value_name = "SPAN", requires = "effect")]
    span: Option<String>,
    /// Take the waiver of this effect back
    #[arg(long, requires = "effect", conflicts_with_all = ["reason", "span"])]
    revoke: bool,
    /// Show the waivers as JSON
    #[arg(long, conflicts_with_all = ["effect"])]
    json: bool,
}

impl Waive {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        let done = match (&self.effect, self.revoke) {
            (None, _) => show(world, self.json),
            (Some(effect), true) => revoke(world, effect),
            (Some(effect), false) => {
                let (reason, span) =
                    (self.reason.as_deref().unwrap_or_default(), self.span.as_deref().unwrap_or("1h"));
                make(world, effect, reason, span)
            }
        };
        done.unwrap_or_else(|e| exit::fail(exit::USAGE, e))
    }
}

fn show(world: &World, json: bool) -> Result<ExitCode, String> {
    let all = waivers::load(&world.state).map_err(|e| e.to_string())?;
    let now = SystemTime::now();
    for (_, waiver) in &all {
        let state = if waivers::holds(waiver, now) { "in force" } else { "ended" };
        let Stored { effect, project, owner, reason, created, expires } = waiver;
        if json {
            let value = json!({"effect": effect, "project": project, "owner": owner, "reason": reason,
                               "created": created, "expires": expires, "state": state});
            println!("{value}");
        } else {
            println!("{state:8}  {}", visible(effect));
            println!("          in {project}, by {owner}, until {expires}: {}", visible(reason));
        }
    }
    if all.is_empty() && !json {
        println!("there are no waivers");
    }
    Ok(ExitCode::SUCCESS)
}

fn make(world: &World, effect: &str, reason: &str, span: &str) -> Result<ExitCode, String> {
    let waiver = waivers::make(world, effect, reason, span, SystemTime::now())?;
    let all = waivers::load(&world.state).map_err(|e| e.to_string())?;
    if !confirmed(&waiver).map_err(|e| {
        format!("a waiver is a person's word, and nobody is at a terminal here ({e}); run it in one")
    })? {
        println!("nothing was changed");
        return Ok(ExitCode::from(exit::DENY));
    }
    record(world, &waiver, true)?;
    let others = all.into_iter().map(|(_, known)| known);
    let mut kept: Vec<Stored> = others.filter(|known| !same(known, &waiver)).collect();
    kept.retain(|known| waivers::holds(known, SystemTime::now()));
    println!("waived until {}: {}", waiver.expires, visible(&waiver.effect));
    kept.push(waiver);
    waivers::save(&world.state, &kept).map_err(|e| e.to_string())?;
    Ok(ExitCode::SUCCESS)
}

fn same(a: &Stored, b: &Stored) -> bool {
    a.effect == b.effect && a.project == b.project
}

/// Shows what would be let through and waits for a typed yes.
fn confirmed(waiver: &Stored) -> std::io::Result<bool> {
    let Stored { effect, project, expires, reason, .. } = waiver;
    let (effect, reason) = (visible(effect), visible(reason));
    term::confirmed(&format!(
        "\nlet this happen, unasked, in {project} until {expires}?\n\n  {effect}\n\n  because {reason}\n\n[y/N] "
    ))
}

fn revoke(world: &World, effect: &str) -> Result<ExitCode, String> {
    let project = world.project.to_string_lossy();
    let all: Vec<Stored> = waivers::load(&world.state)
        .map_err(|e| e.to_string())?
        .into_iter()
        .map(|(_, waiver)| waiver)
        .collect();
    let (gone, kept): (Vec<Stored>, Vec<Stored>) =
        all.into_iter().partition(|waiver| waiver.effect == effect && waiver.project == project);
    let Some(waiver) = gone.first() else {
        return Ok(exit::fail(
            exit::FOUND,
            format!("nothing is waived as `{}` in {project}", visible(effect)),
        ));
    };
    record(world, waiver, false)?;
    waivers::save(&world.state, &kept).map_err(|e| e.to_string())?;
    println!("no longer waived: {}", visible(effect));
    Ok(ExitCode::SUCCESS)
}

/// The record comes first: an exception that the journal does not know of must not come into force.
fn record(world: &World, waiver: &Stored, made: bool) -> Result<(), String> {
    let elsewhere = world.clone().in_project(world.state.clone());
    let monitor = Monitor::open(elsewhere, &Choice::default(), false).map_err(|e| e.to_string())?;
    let mut body: Map<String, Value> = Map::new();
    body.insert("waived".into(), made.into());
    for (key, value) in [
        ("effect", &waiver.effect),
        ("project", &waiver.project),
        ("reason", &waiver.reason),
        ("expires", &waiver.expires),
        ("principal", &world.principal),
    ] {
        body.insert(key.into(), value.clone().into());
    }
    monitor.append(&Subject::local("waive"), Kind::Override, None, body).map_err(|e| e.to_string())?;
    Ok(())
}
