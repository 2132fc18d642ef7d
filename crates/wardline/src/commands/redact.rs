//! `wardline redact`: a text without its secrets.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use wardline_monitor::secrets::redact;

use crate::exit;

#[derive(Debug, clap::Args)]
#[command(
    after_help = "Every secret becomes [redacted:KIND]: tokens of known make, private keys, passwords in addresses, values \
                        that are given to names such as PASSWORD. It is what the journal does with every row. A secret without \
                        any mark (a bare word) cannot be told from other text and stays.\n\nExit codes: 0 done, 2 unreadable."
)]
pub(crate) struct Redact {
    /// The file to read; without one, standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
}

impl Redact {
    pub(crate) fn run(self) -> ExitCode {
        let text = match read(self.file.as_deref()) {
            Ok(text) => text,
            Err(e) => return exit::fail(exit::USAGE, e),
        };
        let written = std::io::stdout().lock().write_all(redact(&text).as_bytes());
        match written {
            Ok(()) => ExitCode::from(exit::OK),
            Err(e) if e.kind() == std::io::ErrorKind::BrokenPipe => ExitCode::from(exit::OK),
            Err(e) => exit::fail(exit::FAILED, format!("the text could not be written: {e}")),
        }
    }
}

/// The text, bytes that are no UTF-8 replaced: a secret is ASCII in practice, and what surrounds it need not be.
fn read(file: Option<&std::path::Path>) -> Result<String, String> {
    let mut bytes = Vec::new();
    match file {
        Some(path) => bytes = fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?,
        None => {
            std::io::stdin().lock().read_to_end(&mut bytes).map_err(|e| format!("standard input: {e}"))?;
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
