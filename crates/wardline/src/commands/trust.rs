//! `wardline trust`: lets this project's policy files loosen as well as tighten, as long as they stay as they are.

use std::path::Path;
use std::process::ExitCode;

use serde_json::Map;
use wardline_monitor::audit::Kind;
use wardline_monitor::policy::{Layer, Source};
use wardline_monitor::sources::{self, Choice};
use wardline_monitor::trust::{self, Trust as Store};
use wardline_monitor::{Monitor, Subject, World};

use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Without an option, shows which files of this project are trusted. A trusted file that changes \
                        is untrusted again."
)]
pub(crate) struct Trust {
    /// Trust these files' present content, or all of the project's policy files with `--all`
    #[arg(value_name = "FILE")]
    files: Vec<std::path::PathBuf>,
    /// All policy and agent files of this project
    #[arg(long)]
    all: bool,
    /// Withdraw the trust instead
    #[arg(long)]
    revoke: bool,
}

impl Trust {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        match self.change(world) {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => exit::fail(exit::USAGE, e),
        }
    }

    fn change(self, world: &World) -> Result<(), String> {
        let found: Vec<Source> = sources::read(world)
            .map_err(|e| e.to_string())?
            .into_iter()
            .filter(|source| matches!(source.layer, Layer::Project | Layer::Agent))
            .collect();
        if self.files.is_empty() && !self.all {
            show(&found);
            return Ok(());
        }
        let mut store = Store::load(&world.state).map_err(|e| e.to_string())?;
        let chosen = self.choose(world, &found)?;
        // The record comes first: a trust that the journal does not know of must not come into force.
        let monitor = open_for_record(world)?;
        for source in chosen {
            let mut body = Map::new();
            body.insert("file".into(), source.file.clone().into());
            body.insert("sha256".into(), trust::digest_of(&source.text).into());
            body.insert("trusted".into(), (!self.revoke).into());
            body.insert("principal".into(), world.principal.clone().into());
            monitor.append(&Subject::local("trust"), Kind::Trust, None, body).map_err(|e| e.to_string())?;
            let file = Path::new(&source.file);
            if self.revoke {
                store.remove(file);
                println!("no longer trusted: {}", source.file);
            } else {
                store.add(file, &source.text);
                println!("trusted: {}", source.file);
            }
        }
        store.save().map_err(|e| e.to_string())
    }

    fn choose<'a>(&self, world: &World, found: &'a [Source]) -> Result<Vec<&'a Source>, String> {
        if self.all {
            return Ok(found.iter().collect());
        }
        self.files
            .iter()
            .map(|file| {
                let path = world.cwd.join(file);
                found.iter().find(|source| Path::new(&source.file) == path).ok_or_else(|| {
                    format!(
                        "{}: not a policy file of this project; `wardline trust` lists them",
                        path.display()
                    )
                })
            })
            .collect()
    }
}

/// The journal is written through a monitor whose policy is built without the files in question, so that a broken
/// project file can still be distrusted.
fn open_for_record(world: &World) -> Result<Monitor, String> {
    let elsewhere = world.clone().in_project(world.state.clone());
    Monitor::open(elsewhere, &Choice::default(), false).map_err(|e| e.to_string())
}

fn show(found: &[Source]) {
    if found.is_empty() {
        println!("this project has no policy files");
    }
    for source in found {
        let state = if source.trusted { "trusted  " } else { "untrusted" };
        println!("{state}  {}", source.file);
    }
    if found.iter().any(|source| !source.trusted) {
        println!(
            "\nuntrusted files can only tighten; read them, then `wardline trust FILE` or `wardline trust --all`"
        );
    }
}
