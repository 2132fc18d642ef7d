//! Finds rules that do not do what their author most likely meant.
//!
//! Speaks up only when sure: a warning about a rule that does work teaches people to ignore warnings.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::config::RepositoryLine;
use crate::decision::{Decision, Layer, Origin};
use crate::merge::merge;
use crate::policy::{PolicySet, SourceRules};
use crate::profiles::{definable, way_out};
use crate::rule::{Permission, Place, Rule, Statement};
use crate::stack::Segment;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing.
    Note,
    /// The rule does not do what it says.
    Warning,
    /// Something that was forbidden is not.
    Error,
}

/// One finding about a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lint {
    /// The file as the caller named it.
    pub file: String,
    /// Line from 1; 0 if it has none.
    pub line: u32,
    /// A stable id.
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// What is the matter.
    pub text: String,
    /// What to write instead.
    pub help: String,
}

/// Looks at every rule of every source.
pub fn lint(policy: &PolicySet) -> Vec<Lint> {
    let mut found = Findings { lints: Vec::new() };
    for source in &policy.sources {
        for rule in source.rules() {
            shape(policy, rule, &mut found);
        }
        keys(source, &mut found);
        overreach(policy, source, &mut found);
        repositories(policy, source, &mut found);
    }
    for (words, place, expiry) in &policy.ends.over {
        let text = format!("`{words}` held until {}, and no longer does", expiry.text);
        found.add(place, "expired", Severity::Note, text, "remove it, or give it another end");
    }
    shadows(policy, &mut found);
    user_word(policy, &mut found);
    if policy.kilo {
        cost_of_merging(policy, &mut found);
    }
    found.lints.sort_by(|a, b| (&a.file, a.line, &a.code).cmp(&(&b.file, b.line, &b.code)));
    found.lints.dedup();
    found.lints
}

struct Findings {
    lints: Vec<Lint>,
}

impl Findings {
    fn add(&mut self, place: &Place, code: &str, severity: Severity, text: String, help: impl Into<String>) {
        let Origin { file, line, .. } = place.origin();
        self.lints.push(Lint { file, line, code: code.to_owned(), severity, text, help: help.into() });
    }
}

impl SourceRules {
    fn segments(&self) -> impl Iterator<Item = &Segment> {
        std::iter::once(&self.general)
            .chain(self.agents.iter().map(|(_, segment)| segment))
            .map(AsRef::as_ref)
    }

    fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.segments().flat_map(|segment| segment.list.rules())
    }
}

/// A rule that fails to restrict is worse than one that fails to allow.
fn gravity(rule: &Rule) -> Severity {
    if rule.decision() > Decision::Allow { Severity::Warning } else { Severity::Note }
}

// The shape of a single pattern.

fn shape(policy: &PolicySet, rule: &Rule, found: &mut Findings) {
    let permission = rule.permission.as_str();
    let pattern = rule.pattern.as_str();
    let place = &rule.effect.place;
    let mut say =
        |code: &str, severity, text: String, help: String| found.add(place, code, severity, text, help);
    if matches!(permission, "read" | "edit" | "list") {
        path_shape(rule, pattern, &mut say);
    }
    match permission {
        "bash" => bash_shape(policy, rule, pattern, &mut say),
        "external_directory" if !pattern.ends_with('*') => say(
            "never-matches",
            gravity(rule),
            format!("`{pattern}` never matches: the target is a directory followed by `/*`"),
            format!("write {:?}", format!("{}/*", pattern.trim_end_matches('/'))),
        ),
        "grep" if pattern.contains('/') || pattern.starts_with("*.") => say(
            "not-a-path",
            gravity(rule),
            format!("`{pattern}` is matched against the search text, not against paths"),
            "restrict the files under permission.read; searching is held to it".to_owned(),
        ),
        _ => {}
    }
    if pattern.is_empty() || (pattern.ends_with(' ') && permission == "bash") {
        say(
            "never-matches",
            gravity(rule),
            format!("{pattern:?} only matches a target that is written exactly so"),
            "remove the rule, or end the pattern in `*`".to_owned(),
        );
    }
    if pattern.contains('\\') {
        say(
            "not-special",
            gravity(rule),
            format!("`\\` in `{pattern}` does not escape anything, it counts as `/`"),
            "write the character itself; `*` and `?` cannot be escaped".to_owned(),
        );
    }
}

fn path_shape(rule: &Rule, pattern: &str, say: &mut impl FnMut(&str, Severity, String, String)) {
    if let Some(rest) = pattern.strip_prefix("**/").or_else(|| pattern.strip_prefix("*/")) {
        say(
            "misses-root",
            gravity(rule),
            format!("`{pattern}` does not match `{rest}` at the root: the slash must be there"),
            format!("write {:?}, or add {rest:?}", format!("*{rest}")),
        );
    } else if let Some((before, after)) = pattern.split_once("/**/") {
        say(
            "misses-root",
            gravity(rule),
            format!("`{pattern}` does not match `{before}/{after}`: `**/` is not optional"),
            format!("add {:?}", format!("{before}/{after}")),
        );
    }
    if rule.decision() > Decision::Allow
        && let Some(directory) = pattern.strip_suffix("/**").or_else(|| pattern.strip_suffix("/*"))
        && !directory.is_empty()
    {
        say(
            "misses-directory",
            Severity::Note,
            format!("`{pattern}` does not match `{directory}` itself"),
            format!("add {directory:?} if the directory is meant too"),
        );
    }
    if pattern.starts_with("./") || (pattern.ends_with('/') && pattern.len() > 1) {
        say(
            "never-matches",
            gravity(rule),
            format!("`{pattern}` never matches: paths have no leading `./` and no trailing `/`"),
            format!("write {:?}", format!("{}*", pattern.trim_start_matches("./"))),
        );
    }
    if let Some(c) = ['[', '{']
        .into_iter()
        .find(|c| pattern.contains(*c))
        .or_else(|| pattern.starts_with('!').then_some('!'))
    {
        say(
            "not-special",
            gravity(rule),
            format!(
                "`{c}` in `{pattern}` is an ordinary character: there are no classes, braces or negation"
            ),
            "write one rule for each spelling; a later rule makes an exception".to_owned(),
        );
    }
}

fn bash_shape(
    policy: &PolicySet,
    rule: &Rule,
    pattern: &str,
    say: &mut impl FnMut(&str, Severity, String, String),
) {
    let program = pattern.split(' ').next().unwrap_or_default();
    if policy.kilo && matches!(program, "cd" | "pushd" | "popd" | "chdir") {
        say(
            "never-matches",
            gravity(rule),
            format!("`{pattern}` never matches: with compat \"kilo\" directory changes are not commands"),
            "restrict directories under permission.external_directory".to_owned(),
        );
    }
    if pattern.contains(['\t', '\n', '\r']) {
        say(
            "never-matches",
            gravity(rule),
            format!("{pattern:?} holds a tab or line break, and only matches the very same one"),
            "write one space; commands are compared in a form with single spaces too".to_owned(),
        );
    }
    if pattern.ends_with(" **") {
        say(
            "misses-bare",
            gravity(rule),
            format!(
                "`{pattern}` does not match the command without arguments; only a single trailing ` *` does"
            ),
            format!("write {:?}", pattern.trim_end_matches('*').to_owned() + "*"),
        );
    }
    if rule.decision() == Decision::Deny && pattern.split(' ').skip(1).any(|word| word.starts_with('-')) {
        say(
            "one-spelling",
            Severity::Note,
            format!("`{pattern}` names flags; known reorderings are covered, unknown long forms are not"),
            format!("deny {:?} if no form of it is wanted", format!("{program} *")),
        );
    }
}

// Keys.

/// Permission keys without an underscore that are known; servers' tools have one.
const KEYS: [&str; 20] = [
    "bash",
    "read",
    "edit",
    "write",
    "patch",
    "multiedit",
    "glob",
    "grep",
    "list",
    "task",
    "skill",
    "lsp",
    "webfetch",
    "websearch",
    "codesearch",
    "question",
    "suggest",
    "todoread",
    "todowrite",
    "recall",
];

fn keys(source: &SourceRules, found: &mut Findings) {
    for Statement { permission, effect, .. } in written(source) {
        let key = permission.as_str();
        if matches!(key, "write" | "patch" | "multiedit" | "apply_patch") {
            found.add(
                &effect.place,
                "alias",
                Severity::Note,
                format!("`{key}` is read as `edit`, the key that all editing tools share"),
                "write `edit`",
            );
        } else if !key.contains(['_', '*', '?']) && !KEYS.contains(&key) {
            let near = KEYS
                .iter()
                .min_by_key(|known| distance(known, key))
                .filter(|known| distance(known, key) <= 2);
            found.add(
                &effect.place,
                "unknown-key",
                Severity::Warning,
                format!("no tool asks for `{key}`"),
                near.map_or_else(
                    || "remove it, or write the key of a tool".to_owned(),
                    |near| format!("did you mean `{near}`?"),
                ),
            );
        }
    }
}

fn written(source: &SourceRules) -> Vec<Statement> {
    let settings = &source.settings;
    let agents = settings.agents.iter().flat_map(|agent| agent.permission.flatten());
    settings.permission.flatten().into_iter().chain(agents).collect()
}

/// Edit distance, for words of a few letters.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().take(32).collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, from) in a.chars().enumerate() {
        let mut left = i.saturating_add(1);
        let mut next = vec![left];
        for (pair, to) in row.windows(2).zip(&b) {
            let [diagonal, above] = pair else { continue };
            let replaced = diagonal.saturating_add(usize::from(from != *to));
            left = replaced.min(above.saturating_add(1)).min(left.saturating_add(1));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

// Layers.

/// What a layer says although it is not its to say.
fn overreach(policy: &PolicySet, source: &SourceRules, found: &mut Findings) {
    let settings = &source.settings;
    if let Some(place) = settings.kilo.as_ref().filter(|_| source.layer != Layer::User) {
        let text = "`compat` has no effect here: only the user may choose it".to_owned();
        found.add(
            place,
            "may-not-loosen",
            Severity::Warning,
            text,
            "set it in ~/.config/wardline/config.jsonc",
        );
    }
    if source.trusted || source.layer == Layer::Managed {
        return;
    }
    let help = "`wardline trust --all` makes the file count in full";
    for rule in source.rules().filter(|rule| rule.decision() == Decision::Allow) {
        let text = format!("{} loosens nothing: the file is not trusted", rule.words());
        found.add(&rule.effect.place, "may-not-loosen", Severity::Note, text, help);
    }
    for host in settings.network.hosts.iter().filter(|host| host.decision == Decision::Allow) {
        let text = format!("`{}` stays closed: the file is not trusted", host.host);
        found.add(&host.place, "may-not-loosen", Severity::Note, text, help);
    }
    if let Some((preset, place)) = settings.preset.as_ref().filter(|(preset, _)| *preset < policy.preset) {
        let text = format!("preset `{}` has no effect: the file is not trusted", preset.as_str());
        found.add(place, "may-not-loosen", Severity::Note, text, help);
    }
}

/// Lines of `repositories` that name no profile, or that a later line always overrules.
fn repositories(policy: &PolicySet, source: &SourceRules, found: &mut Findings) {
    let files = policy.sources.iter().map(|source| (source.layer, &source.settings));
    let known = definable(files, source.layer);
    let patterns = |line: &RepositoryLine| line.patterns(&policy.terms.home, policy.terms.windows);
    let mut lines = source.settings.repositories.iter();
    while let Some(line) = lines.next() {
        let RepositoryLine { pattern, profile, place, .. } = line;
        if let Some(name) = profile.as_ref().filter(|name| !known.contains(name.as_str())) {
            let text = format!("`{pattern}` selects `{name}`, which is no profile: nothing runs there");
            found.add(place, "unknown-profile", Severity::Warning, text, way_out(&known));
        }
        let [root, _] = patterns(line);
        let covers = |later: &&RepositoryLine| patterns(later).iter().any(|later| later.covers(&root));
        if let Some(cover) = lines.clone().find(covers) {
            let (cover, at) = (&cover.pattern, cover.place.origin());
            let text =
                format!("`{pattern}` never decides: `{cover}` at {at} comes later and matches all of it");
            let help = "put the general line first and the exception after it, or remove this one";
            found.add(place, "shadowed", Severity::Warning, text, help);
        }
    }
}

/// Trusted repository rules that a deny of the user's makes idle.
fn user_word(policy: &PolicySet, found: &mut Findings) {
    if policy.kilo {
        return;
    }
    let users = policy.sources.iter().filter(|source| source.layer == Layer::User && source.trusted);
    let rules: Vec<&Rule> = users.flat_map(|source| source.general.list.rules()).collect();
    // Only denies that no later rule of the user's could lift.
    let last_allow = rules.iter().rposition(|rule| rule.decision() < Decision::Deny);
    let from = last_allow.map_or(0, |at| at.saturating_add(1));
    let denies = rules.get(from..).unwrap_or_default();
    let repository = policy
        .sources
        .iter()
        .filter(|source| source.trusted && matches!(source.layer, Layer::Project | Layer::Agent));
    for rule in repository.flat_map(SourceRules::rules).filter(|rule| rule.decision() < Decision::Deny) {
        let covers = |deny: &&&Rule| {
            !deny.is_blanket()
                && deny.permission.covers(&rule.permission)
                && deny.pattern.covers(&rule.pattern)
        };
        if let Some(deny) = denies.iter().find(covers) {
            let text =
                format!("{} cannot lift {} of {}", rule.words(), deny.words(), deny.effect.place.origin());
            found.add(&rule.effect.place, "may-not-loosen", Severity::Note, text, "remove one of the two");
        }
    }
}

// Order.

/// Rules that a later rule of the same order covers entirely.
fn shadows(policy: &PolicySet, found: &mut Findings) {
    let trusted = |layers: &'static [Layer]| {
        policy.sources.iter().filter(move |source| source.trusted && layers.contains(&source.layer))
    };
    let order = [Layer::User, Layer::Project, Layer::Agent];
    let mut base: Vec<&Segment> = Vec::new();
    if !policy.kilo {
        for layer in order {
            let sources = policy.sources.iter().filter(|source| source.trusted && source.layer == layer);
            base.extend(sources.map(|source| source.general.as_ref()));
        }
    }
    shadows_in(&base, found);
    let names: BTreeSet<&str> =
        policy.sources.iter().flat_map(|source| &source.agents).map(|(name, _)| name.as_str()).collect();
    for name in names {
        let own = trusted(&[Layer::User, Layer::Project, Layer::Agent]).flat_map(|source| &source.agents);
        let own: Vec<&Segment> =
            own.filter(|(agent, _)| agent == name).map(|(_, segment)| segment.as_ref()).collect();
        shadows_in(&own, found);
    }
    // An untrusted file is an order of its own; so is each file in Kilo's merge, as far as can be told.
    let alone = policy
        .sources
        .iter()
        .filter(|source| source.layer != Layer::Managed && (!source.trusted || policy.kilo));
    for segment in alone.flat_map(SourceRules::segments) {
        shadows_in(&[segment], found);
    }
}

fn shadows_in(order: &[&Segment], found: &mut Findings) {
    for (at, segment) in order.iter().enumerate() {
        let later: Vec<&Segment> = order.iter().skip(at.saturating_add(1)).copied().collect();
        for (number, rule) in segment.list.rules().iter().enumerate() {
            let in_same = segment.list.first_covering(number.saturating_add(1), rule);
            let cover =
                in_same.or_else(|| later.iter().find_map(|segment| segment.list.first_covering(0, rule)));
            if let Some(cover) = cover.filter(|cover| really_shadows(cover, rule)) {
                shadowed(rule, cover, found);
            }
        }
    }
}

fn really_shadows(cover: &Rule, rule: &Rule) -> bool {
    // A user's deny stands against the repository, so only the user's own rules shadow it.
    let word =
        rule.layer() == Layer::User && rule.decision() == Decision::Deny && cover.layer() != Layer::User;
    // A blanket restriction is passed over where a path is looked up for another tool's sake.
    const DERIVED: [&str; 4] = ["read", "edit", "list", "external_directory"];
    let passed_over =
        cover.is_blanket_restriction() && DERIVED.iter().any(|key| rule.permission.matches(key));
    !word && !passed_over
}

fn shadowed(rule: &Rule, cover: &Rule, found: &mut Findings) {
    let severity = match cover.decision().cmp(&rule.decision()) {
        std::cmp::Ordering::Less => Severity::Error,
        std::cmp::Ordering::Equal => Severity::Note,
        std::cmp::Ordering::Greater => Severity::Warning,
    };
    let place = cover.effect.place.origin();
    found.add(
        &rule.effect.place,
        "shadowed",
        severity,
        format!(
            "{} never decides: {} at {place} comes later and matches all of it",
            rule.words(),
            cover.words()
        ),
        "put the general rule first and the exception after it, or remove this one",
    );
}

// Compatibility.

/// Restrictions of one file that Kilo's merge drops because another file says something else.
fn cost_of_merging(policy: &PolicySet, found: &mut Findings) {
    let merged = [Layer::User, Layer::Project, Layer::Agent];
    let sources =
        || merged.iter().flat_map(|layer| policy.sources.iter().filter(|s| s.trusted && s.layer == *layer));
    let whole = sources().fold(Permission::Absent, |whole, source| merge(whole, &source.settings.permission));
    let kept = whole.flatten();
    for source in sources() {
        for statement in source.settings.permission.flatten() {
            let restricts = statement.effect.decision > Decision::Allow;
            if restricts && !kept.contains(&statement) {
                let Statement { permission, pattern, effect } = &statement;
                found.add(
                    &effect.place,
                    "lost-in-merge",
                    Severity::Error,
                    format!(
                        "{permission} \"{pattern}\" {} is lost: a higher file replaces it",
                        effect.decision
                    ),
                    "remove compat \"kilo\", which concatenates the files and keeps it",
                );
            }
        }
    }
    for source in policy.sources.iter().filter(|source| source.layer == Layer::User) {
        if let Some(place) = &source.settings.kilo {
            let text = "compat \"kilo\" merges files as objects: a repository you trust can erase your rules"
                .to_owned();
            found.add(
                place,
                "compat-cost",
                Severity::Warning,
                text,
                "remove the line unless you need Kilo's results",
            );
        }
    }
}
