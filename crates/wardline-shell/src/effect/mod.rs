//! What commands would change or read in the world, as values that rules can judge.
//!
//! `of` looks at each command in order and asks the file of its program's kind what it does (`files`, `devices`, `network`,
//! `git`, `system`, `services`, `packages`, `code`); `flow` follows bytes through pipes, substitutions and files, so that an
//! effect knows where the bytes come from that it sends, runs or writes.

mod archives;
mod code;
mod devices;
pub(crate) mod elsewhere;
mod files;
pub(crate) mod find;
mod flow;
mod git;
mod links;
mod named;
mod network;
mod packages;
mod services;
mod system;
mod zone;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::Context;
use crate::answer::{Access, Certainty, Channel, Command, Kind, Word};
use crate::canonical::basename;
use crate::refusal::Ground;
use crate::{paths, programs, special, wrappers};

pub use zone::Zone;
pub(crate) use zone::covers;

/// What is done. Each stands for a change in or a read of the world, whatever it is spelled like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EffectKind {
    /// The content of a file is read.
    Read,
    /// Names, sizes and the like are looked at.
    List,
    /// A file is created, appended to or edited in place.
    Write,
    /// The content of a file is replaced or emptied: what was in it is lost.
    Replace,
    /// A file or tree is removed, or moved away.
    Delete,
    /// Permission bits, ACLs or attributes are changed; `detail` holds the mode as it is written.
    Mode,
    /// The owner or group is changed; `detail` holds it as it is written.
    Owner,
    /// A link is made; the target is what the link leads to, `detail` the name of the link.
    Link,
    /// A device is formatted, partitioned, wiped or written raw.
    Format,
    /// A program file is run; the target is the file.
    Execute,
    /// An interpreter is given code; `sources` say where it comes from, `detail` names the language.
    Run,
    /// Bytes come from the network; the target is the host.
    Fetch,
    /// Bytes go to the network; the target is the host, `sources` say what goes.
    Send,
    /// A port is opened to others.
    Listen,
    /// A shell or program is tied to a network connection: reverse and bind shells.
    RemoteShell,
    /// A way into this machine or its network is opened for others: `ssh -R`, ngrok.
    Tunnel,
    /// Memory, processes or disk are used without bound.
    Exhaust,
    /// Processes are signalled; the target names them (`*` for all).
    Signal,
    /// Something is set up to run later or again: cron, at, units, login scripts.
    Persist,
    /// More rights are taken or given, or an isolation is left.
    Escalate,
    /// Traces are removed or a protection is switched off.
    Evade,
    /// The machine is stopped or restarted.
    Power,
    /// A service of the machine is stopped, started or changed.
    Service,
    /// Work that only exists in a git work tree, index, stash or reflog is thrown away.
    Discard,
    /// Published history is rewritten, or a branch or tag deleted, in a remote or beyond recovery.
    Rewrite,
    /// Commits are pushed; the target is the remote.
    Push,
    /// Something is published under a name: packages, releases, images.
    Publish,
    /// Data in a data store is destroyed.
    Drop,
    /// Infrastructure is destroyed: cloud resources, clusters, containers with their data.
    Destroy,
    /// Packages are installed; the target names them, `sources` a network address when they come from one directly.
    Install,
    /// A setting decides what programs run later: git configuration, environment variables.
    Configure,
    /// The terminal or the reader is deceived: escape sequences, bidirectional text.
    Deceive,
    /// A program is run of which nothing is known.
    Unknown,
}

/// What it is done to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Target {
    /// A path: absolute and normalised where `certainty` is not opaque; may hold globs.
    Path {
        /// The path.
        path: String,
        /// Where it lies, as its text says; links are not followed here.
        zone: Zone,
        /// `path` holds `*`, `?` or `[…]` that stand for names.
        glob: bool,
        /// Everything below the path too.
        recursive: bool,
    },
    /// A host as it is written, without port and user; empty when it can't be told.
    Host(String),
    /// A process, branch, service, database, package …, as it is written; empty when it can't be told.
    Name(String),
    /// The machine, the session: nothing to be named.
    Nothing,
}

/// Where bytes come from.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Source {
    /// They stand in the script.
    Literal,
    /// A host, as it is written.
    Network(String),
    /// A file that is no secret.
    File(String),
    /// A file that holds secrets by its name or place.
    Secret(String),
    /// An environment variable; empty: all of them.
    Environment(String),
    /// What looks at the machine: `uname`, `id`, `ps`.
    System,
    /// It can't be told.
    Unknown,
}

/// One effect of one command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Effect {
    /// What is done.
    pub kind: EffectKind,
    /// What it is done to.
    pub target: Target,
    /// Where the bytes come from that are sent, run or written. Sorted, without doubles.
    pub sources: Vec<Source>,
    /// How: a mode, a language, an option. Words of the script, for people; rules may look at it.
    pub detail: String,
    /// How sure it is.
    pub certainty: Certainty,
    /// How it was found out, a step each.
    pub trace: Vec<String>,
    /// The command, as index into the analysis' commands.
    pub command: usize,
    /// The bytes on the command's standard input are among those that are sent, run or written; `flow` fills them in.
    pub(crate) takes_input: bool,
    /// Streams whose bytes are among those that are sent, run or written; `flow` fills them in.
    pub(crate) fed_by: Vec<Channel>,
}

impl EffectKind {
    /// Two such effects of one command on one target are the same, whatever is said of them.
    fn is_plain(self) -> bool {
        use EffectKind::{Delete, Execute, Exhaust, Fetch, Format, List, Read, Replace, Write};
        matches!(self, Delete | Execute | Exhaust | Fetch | Format | List | Read | Replace | Write)
    }
}

impl Target {
    /// Could removing it take away `place`, an absolute path, or everything in it?
    #[must_use]
    pub fn covers(&self, place: &str) -> bool {
        match self {
            Self::Path { path, glob: true, .. } => covers(path, place),
            Self::Path { path, .. } => path.starts_with('/') && zone::within(place, path),
            _ => false,
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Path { path: text, .. } | Self::Host(text) | Self::Name(text) => text,
            Self::Nothing => "",
        }
    }
}

impl Source {
    /// In a few words: `network evil.example`.
    #[must_use]
    pub fn line(&self) -> String {
        let (word, name) = match self {
            Self::Literal => ("literal", ""),
            Self::Network(host) => ("network", host.as_str()),
            Self::File(path) => ("file", path.as_str()),
            Self::Secret(path) => ("secret", path.as_str()),
            Self::Environment(name) => ("environment", name.as_str()),
            Self::System => ("system", ""),
            Self::Unknown => ("unknown", ""),
        };
        if name.is_empty() { word.to_owned() } else { format!("{word} {name}") }
    }
}

impl Effect {
    /// The effect in one line that does not depend on how it was spelled: `delete /etc recursive`,
    /// `run shell <- network evil.example`.
    #[must_use]
    pub fn line(&self) -> String {
        let mut out = self.kind.as_str().to_owned();
        let recursive = matches!(self.target, Target::Path { recursive: true, .. });
        let names_detail =
            matches!(self.kind, EffectKind::Mode | EffectKind::Owner | EffectKind::Link | EffectKind::Run);
        let detail = if names_detail { self.detail.as_str() } else { "" };
        for part in [self.target.text(), detail, if recursive { "recursive" } else { "" }] {
            if !part.is_empty() {
                out.push(' ');
                out.push_str(part);
            }
        }
        let sources: Vec<String> = self.sources.iter().map(Source::line).collect();
        if !sources.is_empty() {
            out.push_str(" <- ");
            out.push_str(&sources.join(", "));
        }
        out
    }

    /// The bytes that `word` holds are among those that are sent, run or written.
    pub(crate) fn carries(&mut self, word: &Word) {
        self.fed_by.extend(word.fed_by.iter().copied());
        if !word.complete {
            self.sources.extend(flow::variables(&word.value).into_iter().map(Source::Environment));
        }
    }
}

/// What a file of this module is given: one command and what is around it.
pub(crate) struct Call<'a> {
    /// The plain name of the program, versions removed: `python3.12` is `python3`.
    pub(crate) name: &'a str,
    pub(crate) arguments: &'a [Word],
    pub(crate) command: &'a Command,
    pub(crate) index: usize,
    pub(crate) context: &'a Context<'a>,
    pub(crate) ground: &'a Ground<'a>,
    /// All commands of the script, and how they feed each other.
    pub(crate) commands: &'a [Command],
    pub(crate) streams: &'a flow::Streams,
}

impl<'a> Call<'a> {
    /// The command that this one was found inside.
    pub(crate) fn holder(&self) -> Option<&'a Command> {
        self.command.holder.and_then(|at| self.commands.get(at))
    }
}

/// Most files that the searches of one script are said to find, for all commands that get them.
const MOST_FOUND: usize = 4096;

/// What a search finds; `None` when it can't be told.
type Found = Option<Rc<find::Sought>>;

/// What searches find that run commands, each looked at once.
struct Searches {
    /// By the command that searches and the directory of the command that it runs.
    known: RefCell<HashMap<(usize, String), Found>>,
    /// How many more files may be told.
    left: Cell<usize>,
    exceeded: Cell<bool>,
}

impl Searches {
    fn new() -> Self {
        Self { known: RefCell::new(HashMap::new()), left: Cell::new(MOST_FOUND), exceeded: Cell::new(false) }
    }

    /// What the search finds that runs the command of `call`, which stands in `directory`.
    fn of(&self, call: &Call<'_>, directory: &str) -> Option<Rc<find::Sought>> {
        let at = call.command.holder?;
        let holder = call.holder()?;
        let searches = match holder.program.as_deref() {
            Some("find" | "gfind") => true,
            Some("xargs" | "parallel") => false,
            _ => return None,
        };
        let key = (at, directory.to_owned());
        if let Some(known) = self.known.borrow().get(&key) {
            return known.clone();
        }
        let found = match searches {
            true => Some(sought(call, &holder.arguments)),
            false => files::read_by(call, holder),
        };
        let found = found.map(Rc::new);
        self.known.borrow_mut().insert(key, found.clone());
        found
    }

    /// How many of so many files can be told; always one.
    fn afford(&self, wanted: usize) -> usize {
        let given = wanted.min(self.left.get());
        self.left.set(self.left.get() - given);
        if given < wanted {
            self.exceeded.set(true);
        }
        given.max(1)
    }
}

/// Where a command's effects are put.
pub(crate) struct Effects<'a> {
    call: &'a Call<'a>,
    out: Vec<Effect>,
    last: Option<Effect>,
    /// What `paths` says of these is told better by the program's own effects.
    told: Vec<Access>,
    /// What the `find` looks for that runs the command.
    sought: Option<Rc<find::Sought>>,
    searches: &'a Searches,
    /// The directories that the command may run in, as far as they are known.
    directories: Vec<String>,
}

impl<'a> Effects<'a> {
    fn new(call: &'a Call<'a>, searches: &'a Searches) -> Self {
        let directories = directories(call);
        let sought = searches.of(call, directories.first().map_or("", String::as_str));
        Self { call, out: Vec::new(), last: None, told: Vec::new(), sought, searches, directories }
    }

    /// The path that a word names, against the directory of the command. Of a word that begins with an unknown variable
    /// the careful reading: the variable is empty.
    pub(crate) fn path(&self, word: &Word, recursive: bool) -> Target {
        let careful = careful(word);
        let value = careful.as_ref().map_or(word.value.as_str(), |(value, _)| value);
        let known = careful.is_some() || word.complete;
        let directory = self.directories.first().map(String::as_str).filter(|_| known);
        self.against(value, word.glob, recursive, directory)
    }

    /// The readings of a path: the careful one first, then, where it is another one, what can't be told. One for each
    /// directory that the command may run in.
    pub(crate) fn paths(&self, word: &Word, recursive: bool) -> Vec<(Target, Certainty)> {
        if let Some(found) = self.found(word) {
            let tree = recursive || self.sought.as_ref().is_some_and(|sought| sought.tree);
            let one = |word: &Word| (self.path(word, tree), word.certainty.max(Certainty::Assumed));
            return found.iter().take(self.searches.afford(found.len())).map(one).collect();
        }
        if let Some((value, certainty)) = careful(word) {
            return vec![
                (self.against(&value, word.glob, recursive, Some("/")), certainty),
                (self.against(&word.value, word.glob, recursive, None), Certainty::Opaque),
            ];
        }
        let several = self.directories.len() > 1 && !word.value.starts_with('/') && word.complete;
        if !several {
            return vec![(self.path(word, recursive), word.certainty)];
        }
        let one = |directory: &String| {
            (
                self.against(&word.value, word.glob, recursive, Some(directory)),
                word.certainty.max(Certainty::Assumed),
            )
        };
        self.directories.iter().map(one).collect()
    }

    /// What stands for `{}` in a command that `find` runs.
    fn found(&self, word: &Word) -> Option<&[Word]> {
        let sought = self.sought.as_ref()?;
        let value = word.value.trim_end_matches("/**");
        let value = if value.is_empty() { "/" } else { value };
        let stands = value == "{}" || sought.roots.iter().any(|root| root.value == value);
        stands.then_some(&sought.words)
    }

    /// How many effects there are by now.
    pub(crate) fn count(&self) -> usize {
        self.out.len() + usize::from(self.last.is_some())
    }

    /// A path by its text, against `directory`; without one it can't be told.
    fn against(&self, value: &str, glob: bool, recursive: bool, directory: Option<&str>) -> Target {
        let value = value.strip_prefix("file://").unwrap_or(value);
        let ground = self.call.ground;
        let whole = value.starts_with('/') && !value.contains('$');
        let path = match directory {
            _ if whole => zone::resolve(value, ground.cwd),
            Some(directory) => zone::resolve(&format!("{directory}/{value}"), ground.cwd),
            None => {
                return Target::Path { path: value.to_owned(), zone: Zone::Unknown, glob, recursive };
            }
        };
        let zone = zone::of(&path, ground);
        Target::Path { path, zone, glob, recursive }
    }

    /// Adds an effect, as sure as the command.
    pub(crate) fn add(&mut self, kind: EffectKind, target: Target) -> &mut Effect {
        self.add_sure(kind, target, Certainty::Proven)
    }

    /// Adds an effect that is no surer than `certainty`.
    pub(crate) fn add_sure(&mut self, kind: EffectKind, target: Target, certainty: Certainty) -> &mut Effect {
        self.out.extend(self.last.take());
        self.last.insert(Effect {
            kind,
            target,
            sources: Vec::new(),
            detail: String::new(),
            certainty: certainty.max(self.call.command.certainty),
            trace: Vec::new(),
            command: self.call.index,
            takes_input: false,
            fed_by: Vec::new(),
        })
    }

    /// Adds an effect on the path that `word` names, in each of its readings; `detail` says how.
    pub(crate) fn on(&mut self, kind: EffectKind, word: &Word, recursive: bool, detail: &str) {
        if word.value.starts_with(">(") || word.value.starts_with("<(") {
            return;
        }
        for (target, certainty) in self.paths(word, recursive) {
            let effect = self.add_sure(kind, target, certainty);
            detail.clone_into(&mut effect.detail);
            effect.trace.clone_from(&word.trace);
            if let Some(name) = word.open_prefix.as_ref().filter(|_| effect.target.text().starts_with('/')) {
                effect.trace.push(format!("`${name}` may be empty"));
            }
        }
    }

    /// The bytes on the command's standard input are part of what `effect` sends, runs or writes.
    pub(crate) fn takes_stdin(effect: &mut Effect) {
        effect.takes_input = true;
    }

    /// What the table of paths says of `access` is already among the effects.
    pub(crate) fn told(&mut self, access: Access) {
        self.told.push(access);
    }

    /// All effects, each once.
    fn finish(mut self) -> Vec<Effect> {
        self.out.extend(self.last.take());
        if self.out.len() < 2 {
            return self.out;
        }
        let mut seen: HashMap<(EffectKind, &Target, &str), usize> = HashMap::with_capacity(self.out.len());
        let mut same_as = Vec::with_capacity(self.out.len());
        for effect in &self.out {
            let detail = if effect.kind.is_plain() { "" } else { effect.detail.as_str() };
            let next = seen.len();
            same_as.push(*seen.entry((effect.kind, &effect.target, detail)).or_insert(next));
        }
        let mut kept: Vec<Effect> = Vec::with_capacity(seen.len());
        for (effect, at) in self.out.into_iter().zip(same_as) {
            match kept.get_mut(at) {
                Some(same) => {
                    same.certainty = same.certainty.min(effect.certainty);
                    same.sources.extend(effect.sources);
                    same.fed_by.extend(effect.fed_by);
                    same.takes_input |= effect.takes_input;
                }
                None => kept.push(effect),
            }
        }
        kept
    }
}

/// What a `find` looks for; its tests count only where no protected tree is searched.
fn sought(call: &Call<'_>, arguments: &[Word]) -> find::Sought {
    let directories = directories(call);
    let here = directories.first().map_or("", String::as_str);
    find::sought(arguments).narrowed(|root| {
        let path = zone::resolve(&paths::join(here, &root.value), call.ground.cwd);
        let ordinary = match zone::of(&path, call.ground) {
            Zone::Project | Zone::Temp | Zone::Elsewhere => true,
            Zone::Home => !zone::within(call.ground.home, &path),
            _ => false,
        };
        ordinary && root.complete && !here.is_empty()
    })
}

/// Most directories of one command that are told apart.
const MOST_DIRECTORIES: usize = 4;

/// The directories that a command may run in. Where there are several, its relative paths stand below each.
fn directories(call: &Call<'_>) -> Vec<String> {
    if let Some(directory) = &call.command.directory {
        return vec![directory.clone()];
    }
    let mut out: Vec<String> = Vec::new();
    for path in call.command.paths.iter().filter(|path| !path.written.starts_with('/')) {
        let directory =
            path.joined.strip_suffix(path.written.as_str()).filter(|start| start.starts_with('/'));
        if let Some(directory) = directory.filter(|start| !out.iter().any(|known| known == start)) {
            out.push(directory.to_owned());
        }
        if out.len() >= MOST_DIRECTORIES {
            break;
        }
    }
    out
}

/// What a word names when the unknown variables in it are empty, if it begins with one: `$X/bin` is `/bin`. Less is sure when
/// there are more of them: `$X/$Y`.
fn careful(word: &Word) -> Option<(String, Certainty)> {
    word.open_prefix.as_ref()?;
    let mut out = String::with_capacity(word.value.len());
    let mut rest = word.value.as_str();
    let mut certainty = Certainty::Assumed;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        if !out.is_empty() {
            certainty = Certainty::Opaque;
        }
        rest = match after.strip_prefix('{') {
            Some(name) => name.split_once('}').map_or("", |(_, rest)| rest),
            None => after.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || c == '_'),
        };
        if rest.starts_with(['(', '`']) {
            return None;
        }
    }
    out.push_str(rest);
    out.starts_with('/').then_some((out, certainty))
}

/// Names of builtins and the like that have no row and do nothing by themselves. Sorted.
const HARMLESS: &[&str] = &[
    ":", "[", "[[", "bind", "builtin", "caller", "compgen", "complete", "coproc", "enable", "fc", "function",
    "logout", "shopt", "test", "time",
];

/// The effects of all commands, in their order, and whether a search found more than can be told.
pub(crate) fn of(commands: &[Command], context: &Context<'_>) -> (Vec<Effect>, bool) {
    let ground = Ground::of(context);
    let streams = flow::Streams::of(commands);
    let searches = Searches::new();
    let mut all = Vec::new();
    let mut endless = vec![false; commands.len()];
    for (index, command) in commands.iter().enumerate() {
        let name = command.program.as_deref().map(plain_name).unwrap_or_default();
        let arguments = command.arguments.as_slice();
        let call =
            Call { name, arguments, command, index, context, ground: &ground, commands, streams: &streams };
        let mut out = Effects::new(&call, &searches);
        match command.kind {
            Kind::Simple => {
                simple(&call, &mut out);
                let prints = files::fills(&call, &endless, &mut out);
                if let Some(here) = endless.get_mut(index) {
                    *here = prints;
                }
            }
            // Redirects that are connections, and variables that decide what runs later.
            Kind::Assignment | Kind::Redirect => {
                network::effects(&call, &mut out);
                system::effects(&call, &mut out);
            }
            Kind::Raw => {
                out.add_sure(EffectKind::Unknown, Target::Name(String::new()), Certainty::Opaque);
            }
            _ => {}
        }
        files::touched(&call, &mut out);
        let mut effects = out.finish();
        devices::raw(&mut effects);
        if command.elsewhere {
            effects = elsewhere::reaching(&call, effects);
        }
        all.extend(effects);
    }
    network::ties(commands, &mut all);
    links::follow(&mut all, commands, &ground);
    flow::fill(&mut all, commands, &streams, &ground);
    (all, searches.exceeded.get())
}

fn simple(call: &Call<'_>, out: &mut Effects<'_>) {
    let Some(program) = &call.command.program else {
        let name = call.command.canonical.split(' ').next().unwrap_or_default();
        out.add_sure(EffectKind::Unknown, Target::Name(name.to_owned()), Certainty::Opaque);
        return;
    };
    let modules = [
        files::effects,
        devices::effects,
        network::effects,
        git::effects,
        system::effects,
        services::effects,
        packages::effects,
        code::effects,
    ];
    files::fed(call, out);
    let mut known = false;
    for effects in modules {
        known |= effects(call, out);
    }
    let name = call.name;
    let file = program.contains('/');
    let listed = || {
        programs::find(name).is_some()
            || special::is(name)
            || wrappers::options(name).is_some()
            || wrappers::is_shell(name)
            || wrappers::is_interpreter(name)
            || HARMLESS.binary_search(&name).is_ok()
    };
    if !known && !file && !listed() {
        out.add(EffectKind::Unknown, Target::Name(program.clone()));
    }
}

/// The name under which a program stands in the tables: `python3.12` is `python3`.
fn plain_name(program: &str) -> &str {
    let name = basename(program);
    let plain = name.trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | '-'));
    match plain {
        "python" if name.starts_with("python3") => "python3",
        "pip" if name.starts_with("pip3") => "pip3",
        "pypy" => "python3",
        "nodejs" => "node",
        "python" | "pip" | "perl" | "ruby" | "php" | "lua" | "node" | "gcc" | "g++" | "clang" | "clang++"
        | "tclsh" | "irb" | "guile" | "luajit" | "psql" => plain,
        _ => name,
    }
}
