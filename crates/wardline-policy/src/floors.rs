//! What no ordinary allow lifts: files that hold secrets, and files that decide what the next action may do.
//!
//! Both follow the file, not the tool: every path an action would touch is looked at under each of its names.

use crate::decide::{Case, Grounds};
use crate::decision::{Decision, Layer};
use crate::evaluate::{Kind, personal_allow};
use crate::explain;
use crate::guarded::{self, Guarded, guarded, holds_guarded};
use crate::names::{components, normalise};
use crate::request::{Access, Mention, PathFact, Zone};
use crate::sensitive::{self, Hit, Sensitive, neutral};
use crate::wildcard::{fold, matches, without_brackets};

/// Adds every floor that the request's paths and targets touch.
pub(crate) fn judge<'c>(case: &Case<'c>, grounds: &mut Grounds<'c>) {
    for fact in case.paths() {
        let [own, target] = identities(fact);
        // Where no link is in the way both are the same file, under the same names.
        let target = (target != own).then_some(target);
        for names in std::iter::once(own).chain(target) {
            let touch = Touch { access: fact.access, names, because: &fact.because, mention: fact.mention };
            judge_secrets(case, &touch, grounds);
            judge_guarded(case, &touch, grounds);
        }
        judge_zone(case, fact, grounds);
    }
    for target in &case.request.targets {
        judge_target(case, target, grounds);
    }
    for command in &case.facts.commands {
        let mut spellings = [&command.literal, &command.canonical].into_iter().chain(&command.forms);
        if spellings.any(|spelling| changes_the_guard(spelling)) {
            grounds.add_floor(explain::own_command(&command.literal));
        }
    }
}

/// Whether a command is one of Wardline's own that a person uses to loosen it or to take it out.
fn changes_the_guard(command: &str) -> bool {
    let mut words = command.split_whitespace();
    let program = words.next().and_then(|word| word.rsplit('/').next());
    program == Some("wardline")
        && words.next().is_some_and(|verb| {
            matches!(verb, "trust" | "init" | "waive" | "quarantine" | "approve" | "mode" | "stop" | "ui")
        })
}

/// One file about to be touched, under the names that stand for the same place.
struct Touch<'t> {
    access: Access,
    names: Vec<String>,
    because: &'t str,
    mention: Mention,
}

impl Touch<'_> {
    /// What a floor comes to for a path that is touched like this. A search inside the sandbox comes upon nothing that it
    /// should not see or change: secrets are masked there, guarded files pinned.
    fn temper(&self, floor: Decision, confined: bool) -> Option<Decision> {
        match self.mention {
            Mention::Named => Some(floor),
            Mention::Used => Some(floor.min(Decision::Ask)),
            Mention::Found => (!confined).then_some(floor.min(Decision::Ask)),
        }
    }
}

/// A symbolic link is two files, its own and the one it leads to, and each has to pass.
fn identities(fact: &PathFact) -> [Vec<String>; 2] {
    let names = |absolute: Option<&String>, relative: &Option<String>| {
        absolute.into_iter().chain(relative).cloned().collect::<Vec<_>>()
    };
    [names(Some(&fact.lexical), &fact.relative), names(fact.resolved.as_ref(), &fact.resolved_relative)]
}

/// The targets of tools that name files, checked even where no facts were gathered.
fn judge_target<'c>(case: &Case<'c>, target: &str, grounds: &mut Grounds<'c>) {
    let access = match case.permission {
        "edit" | "notebook_edit" => Access::Write,
        "read" | "notebook_read" => Access::Read,
        "list" | "glob" | "external_directory" => Access::List,
        "webfetch" => match target.strip_prefix("file:") {
            Some(path) => return judge_named(case, path.trim_start_matches("//"), Access::Read, grounds),
            None => return,
        },
        _ => return,
    };
    judge_named(case, target, access, grounds);
    if case.permission == "read" && is_agent_settings(target) {
        judge_settings(case, target, grounds);
    }
}

fn judge_named<'c>(case: &Case<'c>, target: &str, access: Access, grounds: &mut Grounds<'c>) {
    let because = format!("target of `{}`", case.permission);
    let touch = Touch { access, names: vec![normalise(target)], because: &because, mention: Mention::Named };
    judge_secrets(case, &touch, grounds);
    judge_guarded(case, &touch, grounds);
}

// Secrets.

fn judge_secrets<'c>(case: &Case<'c>, touch: &Touch<'_>, grounds: &mut Grounds<'c>) {
    let mut hits: Vec<(&String, Hit)> =
        touch.names.iter().filter_map(|name| Some((name, sensitive::find(name)?))).collect();
    if case.request.confined {
        // Builds and package managers read and move the tests of other people's code.
        let others = |class| touch.names.iter().any(|name| sensitive::is_of_others(name, class));
        hits.retain(|(_, hit)| !others(hit.class));
    }
    if let Some((name, hit)) = hits.iter().max_by_key(|(_, hit)| hit.class.floor()) {
        let floor = touch.temper(hit.class.floor(), case.request.confined);
        let opened = || hits.iter().any(|(name, hit)| is_opened(case, name, hit, touch.access));
        if let Some(floor) = floor.filter(|_| !opened()) {
            grounds.add(explain::secret(case, hit.class, floor, name, touch.because, touch.access));
        }
        return;
    }
    if let Some((name, class, floor)) = touch.names.iter().find_map(|name| picks_up_secret(name)) {
        let floor = touch.temper(floor, case.request.confined);
        if let Some(floor) = floor {
            grounds.add(explain::secret(case, class, floor, name, touch.because, touch.access));
        }
    }
}

/// Whether a person opened this very file: their rule allows it, and would not allow an ordinary file beside it.
fn is_opened(case: &Case<'_>, name: &str, hit: &Hit, access: Access) -> bool {
    let permissions: &[&str] = match access {
        Access::Read | Access::Execute => &["read"],
        Access::List => &["list", "read"],
        Access::Write | Access::Delete => &["edit"],
    };
    permissions.iter().any(|permission| {
        let question = case.question(permission, name, Kind::Direct);
        personal_allow(case.stack, &question).is_some_and(|rule| {
            let windows = case.policy.terms.windows;
            let ordinary = neutral(name, hit);
            let specific = !ordinary.iter().any(|name| rule.pattern.matches(&fold(name, windows)));
            let binds = rule.layer() != Layer::Session || hit.class.floor() < Decision::Deny;
            specific && binds && !rule.permission.is_catch_all()
        })
    })
}

/// A file glob that the shell will expand to a secret, as far as its text tells.
fn picks_up_secret(name: &str) -> Option<(&str, Sensitive, Decision)> {
    let glob = file_glob(name)?;
    let ends = sensitive::EXAMPLES.iter().filter(|example| picks_up(&glob, example));
    let class = ends.filter_map(|example| sensitive::sensitive(example)).max_by_key(|class| class.floor())?;
    // `.*` was not written with secrets in mind: a question will do.
    let broad = matches(&glob, ".ordinary", false);
    Some((name, class, if broad { Decision::Ask } else { class.floor() }))
}

/// The last component in lower case, if it is a glob; brackets become `?`.
fn file_glob(name: &str) -> Option<String> {
    const GLOB: [char; 3] = ['*', '?', '['];
    if !name.contains(GLOB) {
        return None;
    }
    let last = components(name).pop()?;
    if !last.contains(GLOB) {
        return None;
    }
    Some(without_brackets(&last))
}

/// Whether a shell would expand the glob to this name. A glob that takes any name says nothing; the files it
/// really finds are facts of their own.
fn picks_up(glob: &str, example: &str) -> bool {
    let hidden = example.starts_with('.') && !glob.starts_with(['.', '?']);
    !hidden
        && !matches(glob, "ordinary", false)
        && !matches(glob, "ordinary.txt", false)
        && matches(glob, example, false)
}

fn judge_zone<'c>(case: &Case<'c>, fact: &PathFact, grounds: &mut Grounds<'c>) {
    let named = || identities(fact).iter().flatten().any(|name| sensitive::sensitive(name).is_some());
    if fact.zone == Zone::HomeSecret && !named() {
        let class = Sensitive::Credential;
        grounds.add(explain::secret(case, class, Decision::Ask, &fact.lexical, &fact.because, fact.access));
    }
}

// Guarded files.

fn judge_guarded<'c>(case: &Case<'c>, touch: &Touch<'_>, grounds: &mut Grounds<'c>) {
    if !touch.access.changes() {
        return;
    }
    let found = touch.names.iter().find_map(|name| Some((name, why_guarded(case, name, touch.access)?)));
    if let Some((name, why)) = found {
        // To change one of these files is never part of the work; a program that is not known may only read it.
        let used = touch.mention == Mention::Used;
        let floor =
            if used { Some(Decision::Deny) } else { touch.temper(Decision::Deny, case.request.confined) };
        if let Some(floor) = floor {
            grounds.add_floor(explain::guarded(why, floor, name, touch.because));
        }
    }
}

fn why_guarded(case: &Case<'_>, name: &str, access: Access) -> Option<Guarded> {
    let deletes = access == Access::Delete;
    let globbed = || {
        let glob = file_glob(name)?;
        guarded::EXAMPLES.iter().any(|example| picks_up(&glob, example)).then_some(Guarded::Git)
    };
    guarded(name)
        .or_else(|| holds_guarded(name, deletes))
        .or_else(|| (deletes && holds_everything(case, name)).then_some(Guarded::Guard))
        .or_else(globbed)
}

/// The worktree, the home, or something above them.
fn holds_everything(case: &Case<'_>, name: &str) -> bool {
    // A file whose name is a backslash, as a script that ends in `\` deletes, is no root.
    if name.rsplit('/').next().is_some_and(|last| !last.is_empty() && last.bytes().all(|b| b == b'\\')) {
        return false;
    }
    let plain = normalise(name);
    let above = plain.split('/').all(|part| part.is_empty() || part == "..");
    let home = &case.policy.terms.home;
    let holds_home = home
        .strip_prefix(plain.trim_end_matches('/'))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    above || (!plain.is_empty() && !home.is_empty() && holds_home)
}

// Agents' settings.

/// Settings of an agent, plans apart.
fn is_agent_settings(target: &str) -> bool {
    let parts = components(target);
    let inside = |name: &String| matches!(name.as_str(), ".kilo" | ".kilocode" | ".opencode");
    let Some(at) = parts.iter().position(inside) else { return false };
    !parts.get(at.saturating_add(1)).is_some_and(|next| next == "plans" || next == "plan")
}

/// Reading an agent's settings is asked, unless a rule was written for them.
fn judge_settings<'c>(case: &Case<'c>, target: &str, grounds: &mut Grounds<'c>) {
    let question = case.question("read", target, Kind::Direct);
    let opened = personal_allow(case.stack, &question).is_some_and(|rule| !rule.is_broad());
    if !opened {
        grounds.add(explain::agent_settings(target));
    }
}
