//! An analysis as JSON: what each command would do, how that was found out, and what is stopped.

use serde_json::{Value, json};
use wardline_policy::Refusal;
use wardline_shell::{self as shell, Certainty, Effect, Source, Target};

use crate::record;

/// Effects written; the rest of a long script is not better explained by all of them.
const MAX_EFFECTS: usize = 256;

/// The effects of an analysis, in order.
pub(crate) fn effects(analysis: &shell::Analysis) -> Vec<Value> {
    analysis.effects.iter().take(MAX_EFFECTS).map(effect).collect()
}

fn effect(effect: &Effect) -> Value {
    json!({
        "kind": effect.kind.as_str(),
        "target": target(&effect.target),
        "zone": zone(&effect.target),
        "detail": record::text(&effect.detail),
        "sources": effect.sources.iter().map(source).collect::<Value>(),
        "certainty": certainty(effect.certainty),
        "trace": effect.trace,
        "command": effect.command,
        "line": record::text(&effect.line()),
    })
}

fn target(target: &Target) -> Value {
    match target {
        Target::Path { path, .. } => record::text(path),
        Target::Host(name) | Target::Name(name) => record::text(name),
        _ => Value::Null,
    }
}

fn zone(target: &Target) -> Value {
    match target {
        Target::Path { zone, .. } => zone.as_str().into(),
        _ => Value::Null,
    }
}

/// Where bytes come from, in words.
#[must_use]
pub fn source(source: &Source) -> String {
    match source {
        Source::Literal => "the script".to_owned(),
        Source::Network(host) if host.is_empty() => "the network".to_owned(),
        Source::Network(host) => format!("network {host}"),
        Source::File(path) => format!("file {path}"),
        Source::Secret(path) => format!("secret {path}"),
        Source::Environment(name) if name.is_empty() => "environment".to_owned(),
        Source::Environment(name) => format!("environment {name}"),
        Source::System => "this machine".to_owned(),
        _ => "unknown".to_owned(),
    }
}

/// How sure a statement is, in a word.
#[must_use]
pub fn certainty(certainty: Certainty) -> &'static str {
    match certainty {
        Certainty::Proven => "proven",
        Certainty::Assumed => "assumed",
        Certainty::Opaque => "opaque",
    }
}

/// A refused effect, with its rule and what to do instead.
pub(crate) fn refusal(refusal: &Refusal, analysis: Option<&shell::Analysis>) -> Value {
    let rule = shell::rule(&refusal.rule);
    let same =
        |stopped: &&shell::Refusal| stopped.rule == refusal.rule && stopped.identity == refusal.identity;
    let stopped = analysis.and_then(|analysis| analysis.refusals.iter().find(same));
    let alternative = stopped.and_then(|stopped| stopped.alternative.as_ref());
    json!({
        "rule": refusal.rule,
        "title": rule.map(|rule| rule.title),
        "reason": rule.map(|rule| rule.reason),
        "attack": rule.and_then(|rule| rule.attack),
        "decision": record::decision(refusal.decision),
        "effect": record::text(&refusal.identity),
        "text": record::text(&refusal.text),
        "command": refusal.command,
        "alternative": alternative.map(|it| json!({"argv": it.argv, "does": it.does})),
        "waived": refusal.waiver.as_ref().map(|it| json!({"owner": it.owner, "reason": it.reason, "expires": it.expires})),
    })
}
