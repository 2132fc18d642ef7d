//! `wardline ui`: the page in the browser.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use wardline_monitor::World;
use wardline_web::{Links, Place, Server, Subject};

use super::doctor;
use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "It listens on a loopback address made up for this run, or on a socket of yours; never on a network. The link lets \
                        one browser in, once, within 15 minutes; Enter prints a new one, Ctrl-C ends it. No program in a sandbox reaches it. \
                        All of it: docs/ui.md.\n\nExit codes: 2 bad usage, 125 it cannot listen."
)]
pub(crate) struct Ui {
    /// Listen on a socket of this name instead, for `ssh -L 8080:SOCKET`
    #[arg(long, value_name = "FILE")]
    socket: Option<PathBuf>,
}

impl Ui {
    pub(crate) fn run(self, world: &World) -> ExitCode {
        if world.variable("WARDLINE").is_some() {
            return exit::fail(exit::USAGE, "the page is for a person outside of the session");
        }
        let subject = Subject { world: world.clone(), findings: doctor::hooks };
        let server = match Server::bind(subject, &self.socket.map_or(Place::Loopback, Place::Socket)) {
            Ok(server) => server,
            Err(e) => return exit::fail(exit::FAILED, e),
        };
        let links = server.links();
        if let Err(e) = print(&links) {
            return exit::fail(exit::FAILED, e);
        }
        if std::io::stdin().is_terminal() {
            std::thread::spawn(move || again(&links));
        }
        match server.serve() {
            Ok(()) => ExitCode::SUCCESS,
            Err(e) => exit::fail(exit::FAILED, e),
        }
    }
}

/// Prints a new link for each line that is typed.
fn again(links: &Links) {
    for line in std::io::stdin().lock().lines() {
        if line.is_err() || print(links).is_err() {
            return;
        }
    }
}

fn print(links: &Links) -> Result<(), String> {
    let link = links.fresh().map_err(|e| e.to_string())?;
    println!("{link}");
    std::io::stdout().flush().map_err(|e| e.to_string())
}
