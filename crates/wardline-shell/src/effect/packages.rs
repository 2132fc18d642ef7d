//! Packages that would be installed, run, removed or published, by the manager's own words for it.

mod managers;

use super::git::host;
use super::services::{is_flag, matched};
use super::{Call, EffectKind, Effects, Source, Target};
use crate::answer::{Certainty, Word};
use crate::options::{Part, parts};

use managers::{Act, Manager, Rule};

/// Most packages of one command that are named.
const MOST_NAMED: usize = 32;

/// Registries that packages come from unless another one is named.
const REGISTRIES: &[&str] = &[
    "conda.anaconda.org",
    "crates.io",
    "files.pythonhosted.org",
    "index.crates.io",
    "pypi.org",
    "pypi.python.org",
    "registry.npmjs.org",
    "registry.yarnpkg.com",
    "repo.maven.apache.org",
    "repo1.maven.org",
    "rubygems.org",
];

/// The effects of package managers.
pub(crate) fn effects(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    let Some(manager) = managers::manager(call.name) else { return false };
    let idle = |word: &Word| {
        matches!(
            word.value.as_str(),
            "--dry-run" | "--help" | "--simulate" | "--just-print" | "--snapshot" | "--print-uris"
        )
    };
    let simulated = call.name.starts_with("apt") && call.arguments.iter().any(|word| word.value == "-s");
    let help = call.arguments.last().is_some_and(|word| word.value == "-h");
    if simulated || help || call.arguments.iter().any(idle) || only_asks(call.name, call.arguments) {
        return true;
    }
    let request = Request::of(manager, call.arguments);
    for word in request.values('p') {
        add(EffectKind::Install, &word.value, "extension", out);
    }
    let bare = request.operands.is_empty() && call.name == "yarn";
    match request.rule(manager) {
        Some((rule, end)) => request.apply(call.name, rule.act, end, out),
        None if bare => request.apply("yarn", Act::Project, 0, out),
        None => {}
    }
    true
}

/// Managers whose letters mean other things together: `rpm -qi`, `pacman -Ss`; and images that are copied to a directory.
fn only_asks(name: &str, arguments: &[Word]) -> bool {
    let letters = |found: fn(&str) -> bool| {
        arguments.iter().any(|word| {
            let flags = word.value.strip_prefix('-').filter(|flags| !flags.starts_with('-'));
            flags.is_some_and(found)
        })
    };
    match name {
        "rpm" => {
            letters(|flags| flags.contains(['q', 'V', 'K']))
                || arguments.iter().any(|word| word.value == "--query")
        }
        "pacman" | "yay" | "paru" => letters(|flags| {
            flags.contains('Q') || flags.starts_with(['S', 'U']) && flags.contains(['s', 'i', 'l', 'g', 'p'])
        }),
        "skopeo" => {
            !arguments.iter().any(|word| word.value == "sync")
                && !arguments.last().is_some_and(|word| word.value.starts_with("docker://"))
        }
        "cargo" => arguments.iter().any(|word| matches!(word.value.as_str(), "--undo" | "--list")),
        "pyenv" | "rbenv" | "asdf" | "nvm" => {
            arguments.iter().any(|word| matches!(word.value.as_str(), "--list" | "-l" | "--list-all"))
        }
        _ => false,
    }
}

/// What a manager is asked for.
struct Request<'a> {
    split: Vec<Part>,
    operands: Vec<&'a Word>,
    arguments: &'a [Word],
}

impl<'a> Request<'a> {
    fn of(manager: &Manager, arguments: &'a [Word]) -> Self {
        let anywhere = !matches!(manager.rules, [Rule { act: Act::Runs, path: "", .. }]);
        let split = parts(arguments, manager.options, anywhere);
        let operands = split.iter().filter_map(|part| match part {
            Part::Operand(at) => arguments.get(*at),
            Part::Option { .. } => None,
        });
        let operands = operands.take(MOST_NAMED * 4).collect();
        Self { split, operands, arguments }
    }

    fn rule(&self, manager: &'static Manager) -> Option<(&'static Rule, usize)> {
        let texts: Vec<&str> = self.operands.iter().map(|word| word.value.as_str()).collect();
        manager.rules.iter().find_map(|rule| {
            let end = matched(rule.path, &texts)?;
            let flag = |flag: &str| self.arguments.iter().any(|word| is_flag(&word.value, flag));
            (rule.flags.is_empty() || rule.flags.split(' ').any(flag)).then_some((rule, end))
        })
    }

    /// The values of options with a role.
    fn values(&self, wanted: char) -> Vec<&Word> {
        let values = self.split.iter().filter_map(|part| match part {
            Part::Option { role: Some(role), value: Some(value), .. } if *role == wanted => Some(value),
            _ => None,
        });
        values.take(MOST_NAMED).collect()
    }

    fn has(&self, flag: &str) -> bool {
        self.arguments.iter().any(|word| word.value == flag)
    }

    /// Other places that packages come from: registries, repositories.
    fn sources(&self) -> Vec<Source> {
        let given = ['i', 'g', 'c'].into_iter().flat_map(|role| self.values(role));
        let mut hosts: Vec<Source> = given
            .filter_map(|word| host(&word.value))
            .filter(|host| REGISTRIES.binary_search(&host.as_str()).is_err() && !host.is_empty())
            .map(Source::Network)
            .collect();
        hosts.sort();
        hosts.dedup();
        hosts
    }

    fn apply(&self, name: &str, act: Act, end: usize, out: &mut Effects<'_>) {
        let rest = self.operands.get(end..).unwrap_or_default();
        let rest = rest.get(..rest.len().min(MOST_NAMED)).unwrap_or_default();
        let list = || rest.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join(" ");
        let verb = self
            .operands
            .get(..end)
            .unwrap_or_default()
            .iter()
            .map(|word| word.value.as_str())
            .collect::<Vec<_>>();
        match act {
            Act::Install => self.install(rest, out),
            Act::Project => self.listed("project", out),
            Act::Upgrade => self.listed("upgrade", out),
            Act::Runs => self.runs(name, rest, out),
            Act::Remove => {
                for word in rest {
                    add(EffectKind::Delete, &word.value, "package", out);
                }
                if rest.is_empty() {
                    add(EffectKind::Delete, "", "packages that nothing needs", out);
                }
            }
            Act::Publish => add(EffectKind::Publish, &list(), &verb.join(" "), out),
            Act::Withdraw => add(EffectKind::Destroy, &list(), &verb.join(" "), out),
            Act::Setting => self.setting(rest, out),
            Act::Source => {
                let effect = out.add(EffectKind::Configure, Target::Name(list()));
                effect.detail = format!("{name} {}", verb.join(" ")).trim_end().to_owned();
                effect.sources =
                    rest.iter().filter_map(|word| host(&word.value)).map(Source::Network).collect();
            }
        }
    }

    fn listed(&self, detail: &str, out: &mut Effects<'_>) {
        let effect = out.add(EffectKind::Install, Target::Name(String::new()));
        detail.clone_into(&mut effect.detail);
        effect.sources = self.sources();
    }

    /// Installs what is named; what the project lists, when nothing is, or only a place in the project.
    fn install(&self, rest: &[&Word], out: &mut Effects<'_>) {
        let places: Vec<&Word> = ['e', 'l'].into_iter().flat_map(|role| self.values(role)).collect();
        let other = self.sources();
        let repositories = self.values('g');
        let mut any = false;
        for word in rest.iter().copied().chain(places.iter().copied()) {
            any = true;
            let local = is_place(&word.value);
            let effect = out.add(EffectKind::Install, Target::Name(word.value.clone()));
            let detail = if local {
                "project"
            } else if self.global() {
                "global"
            } else {
                ""
            };
            detail.clone_into(&mut effect.detail);
            effect.sources.clone_from(&other);
            effect.sources.extend(address(&word.value).map(Source::Network));
            effect.sources.dedup();
            effect.carries(word);
        }
        let repositories = if any { Vec::new() } else { repositories };
        for word in &repositories {
            any = true;
            let effect = out.add(EffectKind::Install, Target::Name(word.value.clone()));
            effect.sources.clone_from(&other);
        }
        for word in self.values('r') {
            any = true;
            let effect = out.add(EffectKind::Install, Target::Name(String::new()));
            effect.detail = "project".to_owned();
            effect.sources.clone_from(&other);
            effect.sources.extend(address(&word.value).map(Source::Network));
        }
        if !any {
            self.listed("project", out);
        }
    }

    fn global(&self) -> bool {
        self.has("-g")
            || self.has("--global")
            || self.operands.first().is_some_and(|word| word.value == "global")
    }

    /// Fetches a package and runs it. One that the project holds is run without fetching.
    fn runs(&self, name: &str, rest: &[&Word], out: &mut Effects<'_>) {
        if self.has("--no-install") || self.has("--no") || self.has("--offline") {
            return;
        }
        let mut named: Vec<&Word> = self.values('w');
        let from_option = !named.is_empty();
        if !from_option && self.values('n').is_empty() {
            named.extend(rest.first().copied());
        }
        let other = self.sources();
        for word in named {
            let local = is_place(&word.value) && !from_option;
            if local && name != "nix" {
                continue;
            }
            let effect =
                out.add_sure(EffectKind::Install, Target::Name(word.value.clone()), Certainty::Assumed);
            "runs it".clone_into(&mut effect.detail);
            effect.sources.clone_from(&other);
            effect.sources.extend(address(&word.value).map(Source::Network));
            effect.carries(word);
        }
    }

    fn setting(&self, rest: &[&Word], out: &mut Effects<'_>) {
        let asks = [
            "--show",
            "--describe",
            "--get",
            "--list",
            "--unset",
            "--remove",
            "--show-sources",
            "--validate",
        ];
        let mut rest = rest;
        if asks.iter().any(|flag| self.has(flag)) {
            return;
        }
        match rest.first().map(|word| word.value.as_str()) {
            Some("set" | "append" | "prepend" | "add") => rest = rest.get(1..).unwrap_or_default(),
            Some("list" | "unset" | "get" | "show" | "remove" | "describe") => return,
            _ => {}
        }
        let Some(first) = rest.first() else { return };
        let (key, value) = match first.value.split_once('=') {
            Some((key, value)) => (key, value),
            None => (first.value.as_str(), rest.get(1).map_or("", |word| word.value.as_str())),
        };
        let effect = out.add(EffectKind::Configure, Target::Name(key.to_owned()));
        value.clone_into(&mut effect.detail);
        let host = host(value).filter(|host| REGISTRIES.binary_search(&host.as_str()).is_err());
        effect.sources.extend(host.map(Source::Network));
    }
}

fn add(kind: EffectKind, name: &str, detail: &str, out: &mut Effects<'_>) {
    let effect = out.add(kind, Target::Name(name.to_owned()));
    detail.clone_into(&mut effect.detail);
}

/// A place in the file system, not the name of a package.
fn is_place(text: &str) -> bool {
    let text = text.strip_prefix("file:").unwrap_or(text);
    text == "." || ["./", "../", "/", "~/", ".["].iter().any(|start| text.starts_with(start))
}

/// The host that a package comes from, when it is named by an address: `https://…`, `git+https://…`, `name @ https://…`,
/// `github:owner/name`, `owner/name` for npm.
fn address(text: &str) -> Option<String> {
    for (short, full) in [
        ("github:", "github.com"),
        ("gitlab:", "gitlab.com"),
        ("bitbucket:", "bitbucket.org"),
        ("gist:", "gist.github.com"),
    ] {
        if text.starts_with(short) {
            return Some(full.to_owned());
        }
    }
    let text = text.split_once(" @ ").map_or(text, |(_, rest)| rest);
    let text = match text.rfind("http") {
        Some(at) if text.contains("://") => text.get(at..).unwrap_or(text),
        _ => text,
    };
    if !text.contains("://") && !text.contains("git@") {
        return None;
    }
    let text = text.strip_prefix("git+").unwrap_or(text);
    host(text).filter(|host| REGISTRIES.binary_search(&host.as_str()).is_err())
}
