//! Reasons in words: what decided, where it is written, and the smallest change that would alter it.

use crate::config::{Preset, SCALAR_ONLY};
use crate::decide::Case;
use crate::decision::{Decision, Layer, Origin, Reason};
use crate::evaluate::{Opinion, Question, Voice};
use crate::guarded::Guarded;
use crate::request::{Access, Doubt, DoubtKind, Refusal, Request, Waiver};
use crate::rule::Rule;
use crate::sensitive::Sensitive;

/// Where a person writes their own rules.
const USER_FILE: &str = "~/.config/wardline/config.jsonc";

/// What one voice said about one target.
pub(crate) fn opinion(case: &Case<'_>, question: &Question, opinion: &Opinion<'_>) -> Reason {
    let Opinion { decision, voice, rule, answered } = *opinion;
    if let Some(answer) = answered {
        let text = format!("{} was answered with allow earlier in this session", describe(question));
        return from_rule(answer, decision, question, text, None);
    }
    let mut text = format!("{} is {}", describe(question), said(decision));
    match voice {
        Voice::Base | Voice::Managed | Voice::Session => {}
        Voice::UserWord => text.push_str(" by the user; a trusted repository file cannot lift that"),
        Voice::Limit => text.push_str(" while nothing may be changed"),
        Voice::Supervised => text.push_str(" under the supervised preset"),
        Voice::Narrow => text.push_str(" by an untrusted file, which may only tighten"),
    }
    if case.request.agent != case.agent {
        text.push_str(&format!(" for `{}`, on whose behalf `{}` acts", case.agent, case.request.agent));
    }
    let help = (decision > Decision::Allow).then(|| help(case, question, opinion));
    match rule {
        Some(rule) => {
            if let Some(reason) = rule.effect.note.as_ref().and_then(|note| note.reason.as_ref()) {
                text.push_str(&format!(": {reason}"));
            }
            from_rule(rule, decision, question, text, help)
        }
        None => Reason {
            rule: "default".to_owned(),
            origin: Origin::builtin(),
            decision,
            matched: question.target.clone(),
            text: format!("no rule is about {}", describe(question)),
            help,
        },
    }
}

/// A rule that matched what another one decided.
pub(crate) fn loser(question: &Question, rule: &Rule) -> Reason {
    let text = format!("also matched, and said {}", rule.decision());
    from_rule(rule, rule.decision(), question, text, None)
}

fn from_rule(
    rule: &Rule,
    decision: Decision,
    question: &Question,
    text: String,
    help: Option<String>,
) -> Reason {
    Reason {
        rule: rule.words(),
        origin: rule.effect.place.origin(),
        decision,
        matched: question.target.clone(),
        text,
        help,
    }
}

fn describe(question: &Question) -> String {
    match question.permission.as_str() {
        "bash" => format!("running `{}`", question.target),
        "external_directory" => format!("leaving the workspace for `{}`", question.target),
        "doom_loop" => format!("calling `{}` the same way three times in a row", question.target),
        permission => format!("`{permission}` of `{}`", question.target),
    }
}

fn said(decision: Decision) -> &'static str {
    match decision {
        Decision::Allow => "allowed",
        Decision::Ask => "asked",
        Decision::Deny => "denied",
    }
}

fn help(case: &Case<'_>, question: &Question, opinion: &Opinion<'_>) -> String {
    let place = opinion.rule.map(|rule| rule.effect.place.origin());
    let at = place.as_ref().map(Origin::to_string).unwrap_or_default();
    let entry = suggestion(question, opinion.rule);
    match (opinion.voice, place.map(|origin| origin.layer)) {
        (Voice::Managed, _) => format!("only the administrator can change {at}"),
        (Voice::Limit, _) => other_mode(case),
        (Voice::Narrow, _) => {
            format!("change or remove {at}; `wardline trust --all` makes the file count in full")
        }
        (Voice::Session, _) => "forget the answer given earlier in this session".to_owned(),
        (Voice::UserWord, _) | (Voice::Base, Some(Layer::User | Layer::Project | Layer::Agent)) => {
            format!("change {at}, or add {entry} after it")
        }
        (Voice::Base | Voice::Supervised, _) => format!("add {entry} in {USER_FILE}"),
    }
}

/// The agent and the preset that let nothing be changed: whichever of them stands has to go.
fn other_mode(case: &Case<'_>) -> String {
    let agent = matches!(case.agent, "plan" | "ask")
        .then(|| format!("leave the `{}` agent to make changes", case.agent));
    let readonly = case.policy.preset == Preset::Readonly;
    let preset = match case.policy.preset_is_managed {
        _ if !readonly => None,
        true => return "only the administrator can change the preset `readonly`".to_owned(),
        false => Some("choose another preset than `readonly`".to_owned()),
    };
    agent.into_iter().chain(preset).collect::<Vec<_>>().join(", and ")
}

/// The narrowest rule that would allow the target: the pattern that decided if it says something, else the
/// target. With the key it goes under.
fn suggestion(question: &Question, rule: Option<&Rule>) -> String {
    let key = &question.permission;
    if SCALAR_ONLY.contains(&key.as_str()) {
        return format!("\"{key}\": \"allow\" under permission");
    }
    let pattern = match rule {
        Some(rule) if !rule.pattern.is_catch_all() => rule.pattern.as_str(),
        _ => question.target.as_str(),
    };
    format!("{pattern:?}: \"allow\" under permission.{key}")
}

fn fixed(rule: &str, decision: Decision, matched: &str, text: String, help: Option<&str>) -> Reason {
    Reason {
        rule: rule.to_owned(),
        origin: Origin::builtin(),
        decision,
        matched: matched.to_owned(),
        text,
        help: help.map(str::to_owned),
    }
}

pub(crate) fn no_rules(agent: &str) -> Reason {
    fixed("default", Decision::Deny, agent, format!("no rules are known for `{agent}`"), None)
}

pub(crate) fn nothing_said(request: &Request) -> Reason {
    let text = format!("no rule is about `{}`", request.permission);
    fixed("default", Decision::Ask, &request.permission, text, None)
}

pub(crate) fn no_targets() -> Reason {
    let help = "name what the action is about";
    fixed("doubt.no-target", Decision::Ask, "", "the request names no target".to_owned(), Some(help))
}

pub(crate) fn no_commands() -> Reason {
    let help = "write the command so that it can be read";
    fixed(
        "doubt.no-command",
        Decision::Ask,
        "",
        "no command could be read from the script".to_owned(),
        Some(help),
    )
}

pub(crate) fn own_command(command: &str) -> Reason {
    let text = format!("`{command}` changes what Wardline allows, which is the person's to do");
    fixed("floor.own-command", Decision::Deny, command, text, Some("run it yourself in a terminal"))
}

pub(crate) fn directory_change(literal: &str) -> Reason {
    let text = format!("`{literal}` only changes the directory");
    fixed("directory-change", Decision::Allow, literal, text, None)
}

pub(crate) fn no_delegation(agent: &str, permission: &str) -> Reason {
    let text = format!("`{agent}` was delegated to, and may not use `{permission}` itself");
    fixed("delegation", Decision::Deny, permission, text, Some("let the delegating agent do it"))
}

pub(crate) fn doubt(doubt: &Doubt, confined: bool) -> Reason {
    let (id, what) = match doubt.kind {
        DoubtKind::Flood => ("doubt.flood", "is too much to be judged"),
        DoubtKind::Unparsed => ("doubt.unparsed", "could not be parsed"),
        DoubtKind::Limit => ("doubt.limit", "is beyond what is looked at"),
        DoubtKind::Dynamic => ("doubt.dynamic", "is only known when it runs"),
        DoubtKind::Unresolved => ("doubt.unresolved", "could not be resolved"),
    };
    let help = match doubt.kind {
        DoubtKind::Flood => "make several calls of it, or put the commands into a script file and run that",
        DoubtKind::Unparsed | DoubtKind::Limit => "split it into simpler commands",
        DoubtKind::Dynamic | DoubtKind::Unresolved if confined => {
            "write the value out in place of the variable"
        }
        DoubtKind::Dynamic | DoubtKind::Unresolved => "write the value out, or run it inside the sandbox",
    };
    let decision = if doubt.kind == DoubtKind::Flood { Decision::Deny } else { Decision::Ask };
    fixed(id, decision, &doubt.text, format!("{what}: {}", doubt.text), Some(help))
}

pub(crate) fn secret(
    case: &Case<'_>,
    class: Sensitive,
    decision: Decision,
    name: &str,
    because: &str,
    access: Access,
) -> Reason {
    let key = if access.changes() { "edit" } else { "read" };
    let home = case.policy.terms.home.as_str();
    let pattern = match name.strip_prefix(home) {
        Some(rest) if !home.is_empty() && rest.starts_with('/') => format!("~{rest}"),
        _ => name.to_owned(),
    };
    Reason {
        rule: format!("floor.sensitive.{}", class.as_str()),
        origin: Origin::builtin(),
        decision,
        matched: name.to_owned(),
        text: format!("`{name}` is {} ({because})", class.describe()),
        help: Some(format!("add {pattern:?}: \"allow\" under permission.{key} in {USER_FILE}")),
    }
}

pub(crate) fn guarded(why: Guarded, decision: Decision, name: &str, because: &str) -> Reason {
    let text = format!("`{name}` is, or holds, {} ({because})", why.describe());
    let help = "change it yourself, outside the agent";
    fixed(&format!("floor.guarded.{}", why.as_str()), decision, name, text, Some(help))
}

pub(crate) fn agent_settings(target: &str) -> Reason {
    let text = format!("`{target}` belongs to an agent's settings");
    let help = format!("add {target:?}: \"allow\" under permission.read in {USER_FILE}");
    fixed("floor.agent-settings", Decision::Ask, target, text, Some(&help))
}

pub(crate) fn refused(refusal: &Refusal) -> Reason {
    let mut text = refusal.text.clone();
    if refusal.attempts > 0 {
        let times =
            if refusal.attempts == 1 { "once".to_owned() } else { format!("{} times", refusal.attempts) };
        text.push_str(&format!(
            " (refused {times} before in this session; another spelling changes nothing)"
        ));
    }
    fixed(&refusal.rule, refusal.decision, &refusal.identity, text, refusal.help.as_deref())
}

pub(crate) fn waived(refusal: &Refusal, waiver: &Waiver) -> Reason {
    let Waiver { owner, reason, expires, origin } = waiver;
    let text = format!("`{}` is waived by {owner} until {expires}: {reason}", refusal.identity);
    Reason { origin: origin.clone(), ..fixed(&refusal.rule, Decision::Allow, &refusal.identity, text, None) }
}
