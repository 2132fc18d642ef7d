//! What git would throw away, rewrite, publish or set up, and what the clients of its hosts would.

use super::{Call, EffectKind, Effects, Source, Target};
use crate::answer::{Access, Certainty, Word};
use crate::expand::known;
use crate::gitconfig;
use crate::options::{Part, part_of, parts};
use crate::special::GIT;

/// Most operands whose effects are told one by one.
const MOST_NAMED: usize = 64;

/// The effects of git and of the clients of its hosts.
pub(crate) fn effects(call: &Call<'_>, out: &mut Effects<'_>) -> bool {
    match call.name {
        "git" => {
            let split = parts(call.arguments, GIT, false);
            let at =
                split.iter().find_map(|part| if let Part::Operand(at) = part { Some(*at) } else { None });
            let Some((command, rest)) = at.and_then(|at| call.arguments.get(at..)?.split_first()) else {
                return true;
            };
            let git = Git { base: base(&split), rest };
            settings(&split, out);
            git.command(&command.value, out);
            true
        }
        "git-filter-repo" => {
            Git { base: None, rest: call.arguments }.command("filter-repo", out);
            true
        }
        "bfg" => {
            out.add(EffectKind::Rewrite, Target::Name("history".to_owned()));
            true
        }
        "gh" | "glab" | "hub" | "tea" => {
            hosted(call, out);
            true
        }
        _ => false,
    }
}

/// The directory that `-C` and `--work-tree` lead to.
fn base(split: &[Part]) -> Option<Word> {
    let mut base: Option<Word> = None;
    for part in split {
        let Part::Option { name, value: Some(value), .. } = part else { continue };
        base = match (name.as_str(), base) {
            ("-C", Some(before)) => Some(inside(Some(&before), value)),
            ("-C" | "--work-tree", _) => Some(value.clone()),
            (_, before) => before,
        };
    }
    base
}

/// `word` below `base`.
fn inside(base: Option<&Word>, word: &Word) -> Word {
    let Some(base) = base.filter(|_| !word.value.starts_with('/')) else { return word.clone() };
    let value = if word.value == "." { base.value.clone() } else { format!("{}/{}", base.value, word.value) };
    let certainty = base.certainty.max(word.certainty);
    Word {
        certainty,
        complete: base.complete && word.complete,
        glob: base.glob || word.glob,
        ..part_of(base, &value)
    }
}

/// `-c key=value` for one command.
fn settings(split: &[Part], out: &mut Effects<'_>) {
    for part in split {
        if let Part::Option { name, value: Some(value), .. } = part
            && name == "-c"
            && let Some((key, text)) = value.value.split_once('=')
            && decides(key, text, value)
        {
            configure(key, text, "for this command", out);
        }
    }
}

fn configure(key: &str, value: &str, how: &str, out: &mut Effects<'_>) {
    let effect = out.add(EffectKind::Configure, Target::Name(key.to_ascii_lowercase()));
    effect.detail = format!("{how} {value}").trim().to_owned();
    if let Some(host) = host(value).filter(|host| !host.is_empty()) {
        effect.sources.push(Source::Network(host));
    }
}

/// Does a setting decide which programs run, or where commits go to?
fn decides(key: &str, value: &str, word: &Word) -> bool {
    let key = key.to_ascii_lowercase();
    if gitconfig::command(&part_of(word, &format!("{key}={value}"))).is_some() {
        return !key.starts_with("alias.") || value.starts_with('!');
    }
    let listed =
        ["core.hookspath", "include.path", "init.templatedir", "core.attributesfile", "core.worktree"];
    let off = |value: &str| matches!(value.to_ascii_lowercase().as_str(), "false" | "0" | "no" | "off");
    listed.contains(&key.as_str())
        || key.starts_with("includeif.")
        || key.starts_with("protocol.") && value == "always"
        || key.ends_with(".insteadof")
        || key.ends_with(".pushinsteadof")
        || key.starts_with("remote.") && key.ends_with("url")
        || key == "http.sslverify" && off(value)
}

/// One command of git.
struct Git<'a> {
    base: Option<Word>,
    rest: &'a [Word],
}

impl Git<'_> {
    /// Arguments before `--`.
    fn before_dashes(&self) -> &[Word] {
        let end = self.rest.iter().position(|word| word.value == "--").unwrap_or(self.rest.len());
        self.rest.get(..end).unwrap_or_default()
    }

    fn after_dashes(&self) -> Option<&[Word]> {
        let at = self.rest.iter().position(|word| word.value == "--")?;
        self.rest.get(at + 1..)
    }

    /// A long option, or a beginning of it that can't be another one.
    fn long(&self, name: &str, least: usize) -> bool {
        self.before_dashes().iter().any(|word| {
            let given = word.value.split('=').next().unwrap_or_default();
            given.len() >= least && name.starts_with(given)
        })
    }

    fn short(&self, letter: char) -> bool {
        self.before_dashes().iter().any(|word| {
            let flags = word.value.strip_prefix('-').filter(|flags| !flags.starts_with('-'));
            flags.is_some_and(|flags| flags.contains(letter))
        })
    }

    fn forced(&self) -> bool {
        self.short('f') || self.long("--force", 5)
    }

    fn operands(&self, options: &str) -> Vec<&Word> {
        let split = parts(self.rest, options, true);
        let operands = split.iter().filter_map(|part| match part {
            Part::Operand(at) => self.rest.get(*at),
            Part::Option { .. } => None,
        });
        operands.take(MOST_NAMED).collect()
    }

    fn first(&self) -> &str {
        self.rest.first().map_or("", |word| word.value.as_str())
    }

    fn command(&self, command: &str, out: &mut Effects<'_>) {
        if self.rest.iter().any(|word| matches!(word.value.as_str(), "--help")) {
            return;
        }
        match command {
            "reset" => self.reset(out),
            "clean" => self.clean(out),
            "checkout" => self.checkout(out),
            "switch" if self.forced() || self.long("--discard-changes", 5) => {
                self.discard_all("switch --discard-changes", out);
            }
            "restore" => self.restore(out),
            "rm" => self.remove(out),
            "stash" | "branch" | "worktree" | "tag" | "update-ref" | "symbolic-ref" | "reflog" | "gc"
            | "prune" => {
                self.references(command, out);
            }
            "filter-branch" | "filter-repo" if !self.long("--dry-run", 5) && !self.long("--analyze", 5) => {
                self.named(EffectKind::Rewrite, "history", command, out);
            }
            "push" | "send-pack" => self.push(out),
            "clone" | "fetch" | "pull" | "ls-remote" | "submodule" | "fetch-pack" => self.fetch(command, out),
            "config" => self.config(out),
            "remote" => self.remote(out),
            _ => {}
        }
    }

    fn discard(&self, word: &Word, detail: &str, sure: Certainty, out: &mut Effects<'_>) {
        let word = inside(self.base.as_ref(), word);
        // `:/` and `:(top)` begin at the root of the work tree.
        let word = if word.value.ends_with(":/") { part_of(&word, ".") } else { word };
        for (target, certainty) in out.paths(&word, true) {
            let effect = out.add_sure(EffectKind::Discard, target, certainty.max(sure));
            detail.clone_into(&mut effect.detail);
            effect.trace.clone_from(&word.trace);
        }
    }

    fn discard_all(&self, detail: &str, out: &mut Effects<'_>) {
        self.discard(&known("."), detail, Certainty::Proven, out);
    }

    fn named(&self, kind: EffectKind, name: &str, detail: &str, out: &mut Effects<'_>) {
        let effect = out.add(kind, Target::Name(name.to_owned()));
        detail.clone_into(&mut effect.detail);
    }

    fn reset(&self, out: &mut Effects<'_>) {
        for (flag, least) in [("--hard", 4), ("--merge", 4), ("--keep", 4)] {
            if self.long(flag, least) {
                return self.discard_all(&format!("reset {flag}"), out);
            }
        }
    }

    fn clean(&self, out: &mut Effects<'_>) {
        if !self.forced() || self.short('n') || self.long("--dry-run", 5) {
            // Without force git refuses; with `-n` it only lists.
            return out.told(Access::Delete);
        }
        let detail = if self.short('x') || self.short('X') { "untracked and ignored" } else { "untracked" };
        let operands = self.operands("-e:t --exclude:t");
        if operands.is_empty() {
            return self.discard_all(detail, out);
        }
        for word in operands {
            self.discard(word, detail, Certainty::Proven, out);
        }
    }

    fn checkout(&self, out: &mut Effects<'_>) {
        if self.short('p') || self.long("--patch", 5) {
            return;
        }
        if self.forced() {
            self.discard_all("checkout --force", out);
        }
        if let Some(paths) = self.after_dashes() {
            for word in paths.iter().take(MOST_NAMED) {
                self.discard(word, "checkout of paths", Certainty::Proven, out);
            }
            return;
        }
        let operands = self.operands("-b:t -B:t --orphan:t -t=t --track=t --conflict:t");
        let creates = self.short('b') || self.short('B') || self.long("--orphan", 4) || self.short('t');
        for (at, word) in operands.iter().enumerate() {
            let named = at > 0 && !creates;
            if named || is_path(&word.value) || word.glob {
                let certainty =
                    if named || !looks_named(&word.value) { Certainty::Proven } else { Certainty::Assumed };
                self.discard(word, "checkout of paths", certainty, out);
            }
        }
    }

    fn restore(&self, out: &mut Effects<'_>) {
        let staged = self.long("--staged", 5) || self.short('S');
        let worktree = self.long("--worktree", 3) || self.short('W');
        if (staged && !worktree) || self.short('p') || self.long("--patch", 5) {
            return out.told(Access::Write);
        }
        for word in self.operands("-s:t --source:t --pathspec-from-file:t --conflict:t") {
            self.discard(word, "restore", Certainty::Proven, out);
        }
        if self.long("--pathspec-from-file", 8) {
            self.discard_all("restore", out);
        }
    }

    fn remove(&self, out: &mut Effects<'_>) {
        if self.long("--cached", 5) || self.short('n') || self.long("--dry-run", 5) {
            return out.told(Access::Delete);
        }
        if self.forced() {
            for word in self.operands("--pathspec-from-file:t") {
                self.discard(word, "rm --force", Certainty::Proven, out);
            }
        }
    }

    fn references(&self, command: &str, out: &mut Effects<'_>) {
        let discard = EffectKind::Discard;
        match command {
            "stash" if matches!(self.first(), "drop" | "clear") => {
                let which = self.operands("").get(1).map_or("stash", |word| word.value.as_str());
                self.named(discard, which, &format!("stash {}", self.first()), out);
            }
            "branch" => {
                let deletes = self.short('d') || self.long("--delete", 4);
                let hard = self.short('D') || deletes && self.forced();
                if hard || (self.forced() && !deletes) {
                    let detail = if hard { "branch -D" } else { "branch --force" };
                    let names = self.operands("-u:t --set-upstream-to:t --format:t --sort:t");
                    // `branch -f name start` moves one branch.
                    let count = if hard { names.len() } else { 1 };
                    for name in names.iter().take(count) {
                        self.named(discard, &name.value, detail, out);
                    }
                }
            }
            "worktree" if self.first() == "remove" && self.forced() => {
                for word in self.operands("").into_iter().skip(1) {
                    self.discard(word, "worktree remove --force", Certainty::Proven, out);
                }
            }
            "tag" if self.short('d') || self.long("--delete", 4) => out.told(Access::Delete),
            "update-ref" | "symbolic-ref" if self.short('d') || self.long("--delete", 4) => {
                let name = self.operands("-m:t").first().map_or("", |word| word.value.as_str());
                self.named(discard, name, "update-ref -d", out);
            }
            "reflog"
                if matches!(self.first(), "expire" | "delete")
                    && !self.short('n')
                    && !self.long("--dry-run", 5) =>
            {
                self.named(discard, "reflog", &format!("reflog {}", self.first()), out);
            }
            "gc" => {
                let now = |word: &Word| matches!(word.value.as_str(), "--prune=now" | "--prune=all");
                if self.rest.iter().any(now) {
                    self.named(discard, "unreachable objects", "gc --prune=now", out);
                }
            }
            "prune" if !self.short('n') && !self.long("--dry-run", 5) => {
                self.named(discard, "unreachable objects", "prune", out);
            }
            _ => {}
        }
    }

    fn push(&self, out: &mut Effects<'_>) {
        if self.short('n') || self.long("--dry-run", 5) {
            return;
        }
        let operands = self.operands("-o:t --push-option:t --repo:t --receive-pack:t --exec:t");
        let remote = operands.first().map_or("", |word| word.value.as_str());
        let refs: Vec<&str> = operands.iter().skip(1).map(|word| word.value.as_str()).collect();
        let lease = self.long("--force-with-lease", 9) || self.long("--force-if-includes", 9);
        let plain = self.short('f') || self.before_dashes().iter().any(|word| word.value == "--force");
        let deletes = self.short('d') || self.long("--delete", 4);
        let mut rewrite = |name: &str, how: &str| {
            let name = destination(name);
            self.named(EffectKind::Rewrite, name, format!("{how} {remote}").trim(), out);
        };
        for (flag, least) in [("--mirror", 4), ("--prune", 5)] {
            if self.long(flag, least) {
                rewrite("*", flag.trim_start_matches('-'));
            }
        }
        for name in &refs {
            match name {
                _ if deletes || name.starts_with(':') && name.len() > 1 => rewrite(name, "delete"),
                _ if plain || name.starts_with('+') => rewrite(name, "force"),
                _ if lease => rewrite(name, "force-with-lease"),
                _ => {}
            }
        }
        if refs.is_empty() && (plain || lease) {
            rewrite("", if plain { "force" } else { "force-with-lease" });
        }
        self.named(EffectKind::Push, remote, &refs.join(" "), out);
        if let Some(host) = host(remote) {
            let base = self.base.clone().unwrap_or_else(|| known("."));
            let repository = match out.path(&base, true) {
                Target::Path { path, .. } => Source::File(path),
                _ => Source::Unknown,
            };
            let effect = out.add(EffectKind::Send, Target::Host(host));
            effect.sources.push(repository);
            "git push".clone_into(&mut effect.detail);
        }
    }

    fn fetch(&self, command: &str, out: &mut Effects<'_>) {
        let options = "-b:t --branch:t --depth:t -o:t --origin:t --template:t --reference:t -c:t --config:t -j:t --jobs:t --filter:t -u:t --upload-pack:t -s:t -X:t --name:t";
        let mut operands = self.operands(options);
        if command == "submodule" {
            match self.first() {
                "update" => {
                    let effect =
                        out.add_sure(EffectKind::Fetch, Target::Host(String::new()), Certainty::Assumed);
                    "git submodule update".clone_into(&mut effect.detail);
                    return;
                }
                "add" => drop(operands.remove(0)),
                _ => return,
            }
        }
        let remote = operands.first().map_or("", |word| word.value.as_str());
        let local = remote.starts_with(['/', '.', '~']) || remote.starts_with("file:");
        if !local {
            let effect = out.add(EffectKind::Fetch, Target::Host(host(remote).unwrap_or_default()));
            effect.detail = format!("git {command} {remote}").trim().to_owned();
        }
    }

    fn config(&self, out: &mut Effects<'_>) {
        let reads = [
            "--get",
            "--get-all",
            "--get-regexp",
            "--list",
            "-l",
            "--unset",
            "--unset-all",
            "get",
            "list",
            "unset",
        ];
        if self.rest.iter().take(4).any(|word| reads.contains(&word.value.as_str())) {
            return;
        }
        let mut operands = self.operands("-f:t --file:t --blob:t --type:t --default:t --comment:t --value:t");
        if operands.first().is_some_and(|word| matches!(word.value.as_str(), "set" | "add")) {
            operands.remove(0);
        }
        let [key, value, ..] = operands.as_slice() else { return };
        if key.complete && value.complete && gitconfig::runs_nothing(&key.value, &value.value) {
            return;
        }
        if decides(&key.value, &value.value, value) || !value.complete && decides(&key.value, "!", value) {
            let scope = ["--global", "--system", "--worktree"].into_iter().find(|flag| self.long(flag, 5));
            configure(&key.value, &value.value, scope.unwrap_or("--local"), out);
        }
    }

    fn remote(&self, out: &mut Effects<'_>) {
        let operands = self.operands("-t:t -m:t --mirror=t");
        if !matches!(self.first(), "add" | "set-url") || operands.len() < 3 {
            return;
        }
        let (Some(name), Some(address)) = (operands.get(1), operands.get(2)) else { return };
        configure(&format!("remote.{}.url", name.value), &address.value, "--local", out);
    }
}

/// The ref at the other end: of `+a:b` it is `b`.
fn destination(name: &str) -> &str {
    let name = name.trim_start_matches('+');
    let name = name.rsplit_once(':').map_or(name, |(_, to)| to);
    name.strip_prefix("refs/heads/").unwrap_or(name)
}

/// Can an operand of `git checkout` be told from a branch by its looks?
fn is_path(text: &str) -> bool {
    matches!(text, "." | ".." | ":/" | "*")
        || ["./", "../", "/", "~/", ":(", ":/"].iter().any(|start| text.starts_with(start))
        || text.ends_with('/')
        || looks_named(text)
}

/// A name with an ending, as files have it.
fn looks_named(text: &str) -> bool {
    let name = text.rsplit('/').next().unwrap_or_default();
    name.rsplit_once('.').is_some_and(|(stem, ending)| {
        !stem.is_empty()
            && (1..=5).contains(&ending.len())
            && ending.bytes().all(|b| b.is_ascii_lowercase())
            && !text.starts_with("origin/")
    })
}

/// The host of an address: `https://host/x`, `git@host:x`, `ssh://user@host:22/x`; `None` for the name of a remote or a path.
pub(crate) fn host(address: &str) -> Option<String> {
    if let Some((scheme, rest)) = address.split_once("://") {
        if scheme == "file" {
            return None;
        }
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default();
        let host = match host.strip_prefix('[') {
            Some(six) => six.split(']').next().unwrap_or_default(),
            None => host.split(':').next().unwrap_or_default(),
        };
        return Some(host.to_owned());
    }
    let (before, path) = address.split_once(':')?;
    let host = before.rsplit('@').next().unwrap_or_default();
    let plain = !host.is_empty()
        && !host.contains('/')
        && !path.starts_with(':')
        && (before.contains('@') || host.contains('.'));
    plain.then(|| host.to_owned())
}

/// Clients of GitHub, GitLab and their like.
fn hosted(call: &Call<'_>, out: &mut Effects<'_>) {
    let split = parts(
        call.arguments,
        "-R:t --repo:t -X:t --method:t -H:t -f:t -F:t --hostname:t -t:t --title:t -b:t --body:t -n:t --notes:t",
        true,
    );
    let operands: Vec<&str> = split
        .iter()
        .filter_map(|part| match part {
            Part::Operand(at) => call.arguments.get(*at).map(|word| word.value.as_str()),
            Part::Option { .. } => None,
        })
        .take(MOST_NAMED)
        .collect();
    let method = split.iter().find_map(|part| match part {
        Part::Option { name, value: Some(value), .. } if matches!(name.as_str(), "-X" | "--method") => {
            Some(value.value.as_str())
        }
        _ => None,
    });
    let has = |flag: &str| call.arguments.iter().any(|word| word.value.split('=').next() == Some(flag));
    if has("--help") {
        return;
    }
    let (Some(area), verb) = (operands.first(), operands.get(1).copied().unwrap_or_default()) else { return };
    let rest = operands.get(2..).unwrap_or_default().join(" ");
    let mut named =
        |kind, name: &str, detail: String| out.add(kind, Target::Name(name.to_owned())).detail = detail;
    match (*area, verb) {
        ("api", path) if method.is_some_and(|method| method.eq_ignore_ascii_case("DELETE")) => {
            named(EffectKind::Destroy, path, "api DELETE".to_owned());
        }
        (
            "repo" | "release" | "secret" | "variable" | "issue" | "run" | "cache" | "gist" | "label"
            | "project" | "codespace" | "ssh-key" | "gpg-key" | "ruleset" | "mr" | "ci" | "environment"
            | "deploy-key",
            "delete" | "archive" | "remove" | "delete-asset",
        ) => named(EffectKind::Destroy, &rest, format!("{area} {verb}")),
        ("repo", "sync") if has("--force") => {
            named(EffectKind::Rewrite, &rest, "repo sync --force".to_owned())
        }
        ("repo", "edit") if has("--visibility") => {
            named(EffectKind::Publish, &rest, "repo edit --visibility".to_owned())
        }
        ("repo", "create") if has("--public") => {
            named(EffectKind::Publish, &rest, "repo create --public".to_owned())
        }
        ("release", "create" | "upload" | "edit") => {
            named(EffectKind::Publish, &rest, format!("release {verb}"))
        }
        ("pr" | "mr", "merge") => named(EffectKind::Push, &rest, format!("{area} merge")),
        ("extension", "install") => {
            let effect = out.add(EffectKind::Install, Target::Name(rest));
            effect.sources.push(Source::Network("github.com".to_owned()));
        }
        _ => {}
    }
}
