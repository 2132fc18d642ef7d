//! Generates policies in the configuration language, trees that their patterns are about, and operations.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use wardline_monitor::policy::Preset;

use crate::operation::{KINDS, Kind, Operation};

/// One policy with its tree and what is tried under it.
pub(crate) struct Case {
    pub(crate) managed: String,
    pub(crate) user: String,
    pub(crate) repository: String,
    pub(crate) trusted: bool,
    pub(crate) worktree: bool,
    pub(crate) agent: String,
    pub(crate) preset: Option<Preset>,
    pub(crate) profile: Option<String>,
    pub(crate) files: Vec<PathBuf>,
    /// Symbolic links: where, and where to.
    pub(crate) links: Vec<(PathBuf, PathBuf)>,
    pub(crate) operations: Vec<Operation>,
}

/// A source of numbers: the same for the same seed (SplitMix64).
pub(crate) struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

const DIRECTORIES: [&str; 14] = [
    ".",
    "src",
    "src/deep",
    "vendor",
    "secret",
    "a b",
    "docs",
    "node_modules/m",
    "target/debug",
    "gen",
    "src/gen",
    ".vscode",
    "src/.vscode",
    ".claude",
];
const NAMES: [&str; 22] = [
    "a.rs",
    "b.txt",
    "c.lock",
    "note.md",
    ".env",
    ".env.local",
    ".env.example",
    "id_rsa",
    "key.pem",
    "x.key",
    ".envrc",
    "Makefile",
    "package.json",
    ".mcp.json",
    "wardline.jsonc",
    "kilo.json",
    "AGENTS.md",
    "settings.json",
    "tool.sh",
    "UPPER.RS",
    "sp ace.txt",
    "credentials",
];
const TOP: [&str; 2] = ["wardline.jsonc", "kilo.json"];
const KEYS: [&str; 6] = ["read", "edit", "list", "external_directory", "*", "e*"];

/// Builds case `seed` for a root directory, with hosts that are there.
pub(crate) fn case(root: &Path, seed: u64, hosts: &[String]) -> Case {
    let mut dice = Dice(seed.wrapping_mul(0x5851_f42d_4c95_7f2d));
    let project = root.join("home/p");
    let worktree = dice.one_in(6);
    let mut files = BTreeSet::new();
    for base in
        [&project, &root.join("ext"), &root.join("ext/sub"), &root.join("home"), &root.join("home/other")]
    {
        let inside = *base == project;
        for _ in 0..if inside { 40 } else { 5 } {
            let directory = if inside { dice.pick(&DIRECTORIES) } else { "." };
            files.insert(base.join(directory).join(dice.pick(&NAMES)).components().collect());
        }
    }
    files.insert(root.join("home/.ssh/id_ed25519"));
    files.insert(root.join("home/.gitconfig"));
    files.insert(project.join("src/a.rs"));
    // At the top of the project these are policies themselves.
    files.retain(|file| !TOP.iter().any(|name| *file == project.join(name)));
    let files: Vec<PathBuf> = files.into_iter().collect();
    let links = links(&mut dice, root, &files);
    let operations = operations(&mut dice, root, &files, &links, hosts, worktree);
    let agents = ["code", "code", "code", "code", "plan", "explore", "ask", "reviewer"];
    let presets = [None, None, None, None, None, Some(Preset::Supervised), Some(Preset::Readonly)];
    let profiles = [None, None, None, Some("narrow".to_owned())];
    Case {
        managed: if dice.one_in(3) { text(&mut dice, root, hosts, false) } else { "{}".to_owned() },
        user: text(&mut dice, root, hosts, true),
        repository: if dice.one_in(2) { text(&mut dice, root, hosts, false) } else { "{}".to_owned() },
        trusted: dice.one_in(2),
        agent: (*dice.pick(&agents)).to_owned(),
        preset: *dice.pick(&presets),
        profile: dice.pick(&profiles).clone(),
        worktree,
        files,
        links,
        operations,
    }
}

fn links(dice: &mut Dice, root: &Path, files: &[PathBuf]) -> Vec<(PathBuf, PathBuf)> {
    let project = root.join("home/p");
    let mut links = vec![
        (project.join("to-ext"), root.join("ext")),
        (project.join("to-key"), root.join("home/.ssh/id_ed25519")),
        (project.join("src/to-up"), PathBuf::from("..")),
        (project.join("dangling"), project.join("src/nothing.rs")),
        (root.join("ext/to-project"), project.clone()),
    ];
    for number in 0..3 {
        links.push((project.join(format!("link{number}")), dice.pick(files).clone()));
    }
    links
}

/// A configuration file.
fn text(dice: &mut Dice, root: &Path, hosts: &[String], user: bool) -> String {
    let mut settings = json!({ "permission": rules(dice, root, 6) });
    if dice.one_in(2) {
        let allow: Vec<&String> = hosts.iter().filter(|_| dice.one_in(2)).collect();
        settings["network"] = json!({ "allow": allow });
    }
    if dice.one_in(3) {
        settings["agent"] = json!({ "reviewer": { "permission": rules(dice, root, 3) } });
    }
    if user {
        settings["profiles"] = json!({ "narrow": { "permission": rules(dice, root, 3) } });
    }
    settings.to_string()
}

fn rules(dice: &mut Dice, root: &Path, most: usize) -> Value {
    let mut list = Vec::new();
    for _ in 0..=dice.below(most) {
        let key = if dice.one_in(12) { dice.pick(&KEYS) } else { dice.pick(&KEYS[..4]) };
        let pattern = if *key == "external_directory" { outside(dice, root) } else { pattern(dice, root) };
        // A denial of everything teaches little, so it is rare.
        let decisions: &[&str] =
            if pattern == "*" { &["allow", "allow", "allow", "ask"] } else { &["allow", "ask", "deny"] };
        list.push(json!({ "action": key, "resource": pattern, "effect": dice.pick(decisions) }));
    }
    Value::from(list)
}

fn outside(dice: &mut Dice, root: &Path) -> String {
    let shapes = ["{}/ext/*", "{}/ext/*", "{}/ext/sub/*", "~/other/*", "~/*", "*", "/tmp/*", "{}/*"];
    dice.pick(&shapes).replace("{}", &root.to_string_lossy())
}

fn pattern(dice: &mut Dice, root: &Path) -> String {
    let shapes = [
        "*",
        "src/*",
        "src/**",
        "vendor/*",
        "*.rs",
        "*.lock",
        "*.md",
        "secret/*",
        "secret*",
        "a b/*",
        "*/gen/*",
        "gen/*",
        "*.env",
        ".env",
        ".env.local",
        "*.env.*",
        "note.md",
        "src",
        "node_modules/*",
        "target/*",
        "*.key",
        "*.pem",
        "Makefile",
        "link*",
        "new*",
        "*new*",
        "src/a.rs",
        "*/deep/*",
        "docs/?.txt",
        "{}/ext/*",
        "{}/ext/sub/*",
        "~/*",
        "~/other/*",
        "{}/home/p/src/*",
        "*.sh",
        "to-ext/*",
        "dangling",
        "nothing*",
        "src/nothing.rs",
    ];
    dice.pick(&shapes).replace("{}", &root.to_string_lossy())
}

/// Attempts: each that changes something has files of its own.
fn operations(
    dice: &mut Dice,
    root: &Path,
    files: &[PathBuf],
    links: &[(PathBuf, PathBuf)],
    hosts: &[String],
    worktree: bool,
) -> Vec<Operation> {
    let project = root.join("home/p");
    // What happens to whole directories would hide what happened in them, so they are nobody else's.
    let places = ["src", "secret", "docs", "gen", ".vscode", ".claude", "target"];
    let whole = [project.join(dice.pick(&places)), project.join(dice.pick(&places))];
    let apart = |path: &Path| !whole.iter().any(|directory| path.starts_with(directory));
    let mut unused: Vec<&PathBuf> = files.iter().filter(|file| apart(file)).collect();
    let mut out: Vec<Operation> = Vec::new();
    let mut add = |kind, path: PathBuf, to: PathBuf| {
        out.push(Operation { number: out.len(), kind, path, to });
    };
    let new = |dice: &mut Dice, number: usize| {
        let base = if dice.one_in(5) { root.join("ext") } else { project.join(dice.pick(&DIRECTORIES)) };
        let name = if dice.one_in(3) {
            format!("new{number}.rs")
        } else {
            format!("n{number}-{}", dice.pick(&NAMES))
        };
        // Names that rules are about have to be met as they are; in a directory of the attempt's own they are new.
        let name = if dice.one_in(3) { format!("d{number}/{}", dice.pick(&NAMES)) } else { name };
        let path = base.join(&name).components().collect::<PathBuf>();
        if apart(&path) { path } else { project.join(name) }
    };
    let link = |number: usize| project.join(format!("made-link-{number}"));
    for round in 0..40 {
        let kind = KINDS[dice.below(13)];
        match kind {
            Kind::List => add(kind, dice.pick(files).parent().unwrap().to_path_buf(), PathBuf::new()),
            Kind::Read | Kind::Execute if dice.one_in(4) => {
                let to_files = links.iter().filter(|(_, to)| files.contains(to));
                let to_files: Vec<&PathBuf> = to_files.map(|(at, _)| at).collect();
                add(kind, (*dice.pick(&to_files)).clone(), PathBuf::new());
            }
            Kind::Read | Kind::Execute => add(kind, dice.pick(files).clone(), PathBuf::new()),
            Kind::ReadByLink | Kind::ReadByHardLink => add(kind, dice.pick(files).clone(), link(round)),
            Kind::Create | Kind::MakeDirectory | Kind::MakeLink => {
                add(kind, new(dice, round), PathBuf::new());
            }
            _ => {
                let path = unused.swap_remove(dice.below(unused.len())).clone();
                let to = match kind {
                    Kind::WriteByHardLink => link(round),
                    Kind::Rename => new(dice, round),
                    _ => PathBuf::new(),
                };
                add(kind, path, to);
            }
        }
        if unused.len() < 4 {
            break;
        }
    }
    for host in hosts {
        add(Kind::Connect, PathBuf::from(host), PathBuf::new());
        add(Kind::ConnectDirectly, PathBuf::from(host), PathBuf::new());
    }
    let [renamed, deleted] = whole;
    if renamed != deleted {
        add(Kind::RenameDirectory, renamed, project.join("moved"));
    }
    add(Kind::DeleteDirectory, deleted, PathBuf::new());
    let git = if worktree { root.join("home/main/.git") } else { project.join(".git") };
    add(Kind::Write, git.join("config"), PathBuf::new());
    add(Kind::Create, git.join("hooks/post-checkout"), PathBuf::new());
    add(
        Kind::Create,
        PathBuf::from(format!("/tmp/wardline-differential-{}", std::process::id())),
        PathBuf::new(),
    );
    // What only looks comes first, so that nothing it looks at is gone or changed.
    out.sort_by_key(|operation| operation.kind);
    out
}
