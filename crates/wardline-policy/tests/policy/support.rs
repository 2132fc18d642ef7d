//! Builders for tests: sources, requests and facts in a line each.

use wardline_policy::{
    Access, Certainty, CommandFact, Decision, Doubt, DoubtKind, Facts, Layer, Mention, Options, Origin,
    PathFact, PolicySet, Refusal, Request, Source, SourceKind, Verdict, Waiver, Zone, decide,
};

pub(crate) const ROOT: &str = "/w";
pub(crate) const HOME: &str = "/home/u";

pub(crate) fn options() -> Options {
    Options { home: HOME.to_owned(), whitelist: vec!["/tmp/wl".to_owned()], ..Options::default() }
}

pub(crate) fn source(layer: Layer, trusted: bool, text: &str) -> Source {
    let file = match layer {
        Layer::Managed => "/etc/wardline/policy.jsonc",
        Layer::Project | Layer::Agent => "wardline.jsonc",
        _ => "~/.config/wardline/config.jsonc",
    };
    Source { layer, file: file.to_owned(), text: text.to_owned(), kind: SourceKind::Config, trusted }
}

pub(crate) fn user(text: &str) -> Source {
    source(Layer::User, true, text)
}

pub(crate) fn managed(text: &str) -> Source {
    source(Layer::Managed, true, text)
}

pub(crate) fn project(trusted: bool, text: &str) -> Source {
    source(Layer::Project, trusted, text)
}

pub(crate) fn session(text: &str) -> Source {
    source(Layer::Session, true, text)
}

pub(crate) fn markdown(layer: Layer, trusted: bool, name: &str, text: &str) -> Source {
    Source {
        layer,
        file: format!(".wardline/agents/{name}.md"),
        text: text.to_owned(),
        kind: SourceKind::AgentMarkdown { name: name.to_owned() },
        trusted,
    }
}

pub(crate) fn build(sources: &[Source]) -> PolicySet {
    build_with(sources, &options())
}

#[expect(clippy::panic, reason = "a test whose policy does not build has failed")]
pub(crate) fn build_with(sources: &[Source], options: &Options) -> PolicySet {
    PolicySet::build(sources, options).unwrap_or_else(|problems| panic!("{problems:?}"))
}

/// A policy of nothing but one user file.
pub(crate) fn policy(text: &str) -> PolicySet {
    build(&[user(text)])
}

/// A refused effect of the first command.
pub(crate) fn refusal(decision: Decision) -> Refusal {
    Refusal {
        rule: "refuse.delete.root".to_owned(),
        decision,
        text: "deletes everything below `/etc`".to_owned(),
        identity: "delete /etc recursive".to_owned(),
        command: Some(0),
        help: Some("ls -la -- /etc".to_owned()),
        attempts: 0,
        waiver: None,
    }
}

pub(crate) fn waiver() -> Waiver {
    Waiver {
        owner: "me".to_owned(),
        reason: "the image is thrown away".to_owned(),
        expires: "2030-01-01T00:00:00Z".to_owned(),
        origin: Origin { layer: Layer::User, file: "waivers.json".to_owned(), line: 3 },
    }
}

pub(crate) fn request(agent: &str, permission: &str, target: &str, confined: bool) -> Request {
    Request { agent: agent.to_owned(), confined, ..Request::new(permission, target) }
}

pub(crate) fn command(literal: &str) -> CommandFact {
    command_as(literal, literal, &[])
}

pub(crate) fn command_as(literal: &str, canonical: &str, forms: &[&str]) -> CommandFact {
    CommandFact {
        literal: literal.to_owned(),
        canonical: canonical.to_owned(),
        forms: forms.iter().map(|form| (*form).to_owned()).collect(),
        directory_change: ["cd", "pushd", "popd"].iter().any(|name| literal.split(' ').next() == Some(name)),
        certainty: Certainty::Proven,
        harmless: false,
    }
}

pub(crate) fn commands(literals: &[&str]) -> Facts {
    Facts { commands: literals.iter().map(|literal| command(literal)).collect(), ..Facts::default() }
}

/// A path as the monitor would report it for a workspace at [`ROOT`].
pub(crate) fn path(access: Access, text: &str) -> PathFact {
    let lexical = if text.starts_with('/') { text.to_owned() } else { format!("{ROOT}/{text}") };
    let relative = lexical.strip_prefix(ROOT).and_then(|rest| {
        if rest.is_empty() { Some(String::new()) } else { rest.strip_prefix('/').map(str::to_owned) }
    });
    PathFact {
        access,
        resolved: Some(lexical.clone()),
        inside: relative.is_some(),
        resolved_relative: relative.clone(),
        relative,
        lexical,
        zone: Zone::Unknown,
        certainty: Certainty::Proven,
        is_dir: false,
        because: "argument".to_owned(),
        mention: Mention::Named,
    }
}

/// A symbolic link at `text` that leads to `target`.
pub(crate) fn link(access: Access, text: &str, target: &str) -> PathFact {
    let (from, to) = (path(access, text), path(access, target));
    PathFact {
        resolved: to.resolved,
        resolved_relative: to.resolved_relative,
        inside: from.inside && to.inside,
        ..from
    }
}

pub(crate) fn doubt(kind: DoubtKind) -> Doubt {
    Doubt { kind, text: "`$f`".to_owned() }
}

/// Decides without facts, outside the sandbox.
pub(crate) fn check(policy: &PolicySet, permission: &str, target: &str) -> Decision {
    check_as(policy, "code", permission, target)
}

pub(crate) fn check_as(policy: &PolicySet, agent: &str, permission: &str, target: &str) -> Decision {
    verdict(policy, agent, permission, target, false).decision
}

pub(crate) fn verdict(
    policy: &PolicySet,
    agent: &str,
    permission: &str,
    target: &str,
    confined: bool,
) -> Verdict {
    let facts = if permission == "bash" { commands(&[target]) } else { Facts::default() };
    decide(policy, &request(agent, permission, target, confined), &facts)
}
