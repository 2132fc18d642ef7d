//! Finds and reads the policy's sources, in the order in which their layers stack.
//!
//! Which names are read is data here; what they mean is the policy crate's business. A file that exists and cannot be
//! read is an error, never a skipped layer: the missing rule might have been a deny.

use std::fmt;
use std::path::{Path, PathBuf};

use wardline_policy::{Layer, Options, PolicySet, Preset, Problem, RepositoryProfile, Source, SourceKind};

use crate::approvals::board::now_ms;
use crate::trust::{Trust, TrustError};
use crate::{World, paths, rules};

/// A source larger than this is refused; real ones are a few kilobytes.
const MAX_SOURCE: u64 = 1024 * 1024;
/// Agent files read from one directory tree before it is refused as unreasonable.
const MAX_AGENT_FILES: usize = 1000;

/// Names of the principal's own file, below `~/.config`; the first is Wardline's.
const USER: [&str; 1] = ["config.jsonc"];
/// Names of the project's files, lowest first. The other agents' names are read because their rules bind too.
const PROJECT: [&str; 6] =
    ["opencode.json", "opencode.jsonc", "kilo.json", "kilo.jsonc", "wardline.json", "wardline.jsonc"];
/// Directories of Markdown agents, lowest first.
const AGENT_DIRECTORIES: [&str; 10] = [
    ".opencode/mode",
    ".opencode/modes",
    ".opencode/agent",
    ".opencode/agents",
    ".kilocode/agent",
    ".kilocode/agents",
    ".kilo/agent",
    ".kilo/agents",
    ".wardline/agent",
    ".wardline/agents",
];

/// Why the policy cannot be built.
#[derive(Debug)]
pub enum SourceError {
    /// A file that exists could not be read.
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What went wrong.
        why: String,
    },
    /// The trust store is damaged.
    Trust(TrustError),
    /// Sources were read but do not say a policy.
    Invalid(Vec<Problem>),
}

impl fmt::Display for SourceError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable { file, why } => {
                write!(f, "{}: {why}; make it readable or remove it", file.display())
            }
            Self::Trust(e) => e.fmt(f),
            Self::Invalid(problems) => {
                for (index, problem) in problems.iter().enumerate() {
                    let separator = if index == 0 { "" } else { "\n" };
                    write!(f, "{separator}{problem}")?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for SourceError {}

/// What the command line chooses about the policy.
#[derive(Debug, Clone, Default)]
pub struct Choice {
    /// The preset, when named.
    pub preset: Option<Preset>,
    /// The profile, when named; else the person's file says which one holds in a repository.
    pub profile: Option<String>,
    /// Whether the policy is to hold however late it gets: rules that allow for a while are left out.
    pub for_good: bool,
}

/// Reads every source of a world, lowest layer first.
///
/// # Errors
/// [`SourceError`] when a file that exists cannot be read or the trust store is damaged.
pub fn read(world: &World) -> Result<Vec<Source>, SourceError> {
    let trust = Trust::load(&world.state).map_err(SourceError::Trust)?;
    let mut sources = Vec::new();
    for name in ["config.json", "config.jsonc"] {
        push(&mut sources, Layer::Managed, &world.managed.join(name), |_, _| true)?;
    }
    for name in USER {
        push(&mut sources, Layer::User, &world.config.join(name), |_, _| true)?;
    }
    push(&mut sources, Layer::User, &rules::file_of_project(world), |_, _| true)?;
    push_agents(&mut sources, Layer::User, &world.config.join("agents"), &|_, _| true)?;
    let trusted = |file: &Path, text: &str| trust.covers(file, text);
    for name in PROJECT {
        push(&mut sources, Layer::Project, &world.project.join(name), trusted)?;
    }
    for name in AGENT_DIRECTORIES {
        push_agents(&mut sources, Layer::Agent, &world.project.join(name), &trusted)?;
    }
    Ok(sources)
}

/// The policy of a world.
///
/// # Errors
/// [`SourceError`]; a caller that must decide all the same denies.
pub fn policy(world: &World, choice: &Choice) -> Result<PolicySet, SourceError> {
    build(&read(world)?, world, choice)
}

/// The policy whose bounds a session gets in which a person answers for each change that `policy`, a supervised one, asks about:
/// the kernel must leave room for their yes. `None` for any other policy.
///
/// # Errors
/// As [`policy()`].
pub fn answered(
    world: &World,
    choice: &Choice,
    policy: &PolicySet,
) -> Result<Option<PolicySet>, SourceError> {
    let answered = || self::policy(world, &Choice { preset: Some(Preset::Autopilot), ..choice.clone() });
    (policy.preset() == Preset::Supervised).then(answered).transpose()
}

/// The policy of sources that are already read.
///
/// # Errors
/// [`SourceError::Invalid`] with every problem found.
pub fn build(sources: &[Source], world: &World, choice: &Choice) -> Result<PolicySet, SourceError> {
    let options = Options {
        home: world.home.to_string_lossy().into_owned(),
        windows: cfg!(windows),
        preset: choice.preset,
        profile: choice.profile.clone(),
        project: names_of(&world.project, &world.home),
        whitelist: vec!["/tmp/*".to_owned()],
        now: (!choice.for_good).then(|| now_ms() / 1000),
    };
    let policy = PolicySet::build(sources, &options).map_err(SourceError::Invalid)?;
    let astray: Vec<Problem> =
        policy.repositories().filter_map(|line| leads_elsewhere(&line, &world.home)).collect();
    if astray.is_empty() { Ok(policy) } else { Err(SourceError::Invalid(astray)) }
}

/// The names of a root: its own, and the same below a home directory that is reached through a link.
fn names_of(root: &Path, home: &Path) -> Vec<String> {
    let home_is = std::fs::canonicalize(home).unwrap_or_else(|_| home.to_path_buf());
    let below_home = root.strip_prefix(&home_is).ok().map(|rest| home.join(rest));
    let mut names: Vec<String> = below_home
        .iter()
        .map(PathBuf::as_path)
        .chain([root])
        .map(|name| name.to_string_lossy().into_owned())
        .collect();
    names.dedup();
    names
}

/// A line of `repositories` whose directory is a link. Roots are known by their real paths, so the line would select
/// nothing; following the link instead would let whoever can replace it move the profile.
fn leads_elsewhere(line: &RepositoryProfile, home: &Path) -> Option<Problem> {
    let literal = match line.pattern.split_once(['*', '?']) {
        Some((before, _)) => before.rsplit_once('/')?.0,
        None => line.pattern.as_str(),
    };
    let written = Path::new(literal);
    let real = std::fs::canonicalize(written).ok()?;
    let names = names_of(&real, home);
    if names.iter().any(|name| Path::new(name) == written) {
        return None;
    }
    Some(Problem {
        file: line.origin.file.clone(),
        line: line.origin.line,
        column: line.column,
        text: format!(
            "`{literal}` leads to `{}`, and a repository is known by its real path",
            real.display()
        ),
        help: "write the real path".to_owned(),
    })
}

/// Adds a configuration file, if it is there.
fn push(
    sources: &mut Vec<Source>,
    layer: Layer,
    file: &Path,
    trusted: impl Fn(&Path, &str) -> bool,
) -> Result<(), SourceError> {
    let Some(text) = text_of(file)? else { return Ok(()) };
    sources.push(Source {
        layer,
        trusted: trusted(file, &text),
        file: file.to_string_lossy().into_owned(),
        text,
        kind: SourceKind::Config,
    });
    Ok(())
}

/// Adds the Markdown agents below a directory, in the order of their names.
fn push_agents(
    sources: &mut Vec<Source>,
    layer: Layer,
    directory: &Path,
    trusted: &dyn Fn(&Path, &str) -> bool,
) -> Result<(), SourceError> {
    let mut files = Vec::new();
    collect_markdown(directory, &mut files, 0)?;
    files.sort();
    for file in files {
        let Some(text) = text_of(&file)? else { continue };
        let name = file.strip_prefix(directory).unwrap_or(&file).with_extension("");
        sources.push(Source {
            layer,
            trusted: trusted(&file, &text),
            file: file.to_string_lossy().into_owned(),
            text,
            kind: SourceKind::AgentMarkdown { name: name.to_string_lossy().into_owned() },
        });
    }
    Ok(())
}

fn collect_markdown(directory: &Path, files: &mut Vec<PathBuf>, depth: u32) -> Result<(), SourceError> {
    const MAX_DEPTH: u32 = 8;
    let unreadable = |why: String| SourceError::Unreadable { file: directory.to_path_buf(), why };
    let entries = match std::fs::read_dir(directory) {
        Ok(entries) => entries,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(());
        }
        Err(e) => return Err(unreadable(e.to_string())),
    };
    for entry in entries {
        let path = entry.map_err(|e| unreadable(e.to_string()))?.path();
        if path.is_dir() && depth < MAX_DEPTH {
            collect_markdown(&path, files, depth + 1)?;
        } else if path.extension().is_some_and(|extension| extension == "md") {
            files.push(path);
        }
        if files.len() > MAX_AGENT_FILES {
            return Err(unreadable(format!("more than {MAX_AGENT_FILES} agent files")));
        }
    }
    Ok(())
}

/// The text of a file, `None` when there is none.
fn text_of(file: &Path) -> Result<Option<String>, SourceError> {
    let unreadable = |why: String| SourceError::Unreadable { file: file.to_path_buf(), why };
    let metadata = match std::fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(e) if matches!(e.kind(), std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        Err(e) => return Err(unreadable(e.to_string())),
    };
    if !metadata.is_file() || paths::is_made_up(file) {
        return Err(unreadable("not a regular file".to_owned()));
    }
    if metadata.len() > MAX_SOURCE {
        return Err(unreadable(format!("larger than {MAX_SOURCE} bytes")));
    }
    std::fs::read_to_string(file).map(Some).map_err(|e| unreadable(e.to_string()))
}
