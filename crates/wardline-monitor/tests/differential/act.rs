//! The actor inside the sandbox: tries every operation, whatever became of the ones before, and says what it saw.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::operation::{Kind, Operation};

/// Reads `DIR/operations`, writes `DIR/answers`: for each operation the bytes it got to see.
pub(crate) fn main(directory: &Path) -> ExitCode {
    let text = std::fs::read_to_string(directory.join("operations")).unwrap();
    let operations: Value = serde_json::from_str(&text).unwrap();
    let answers: Vec<String> = operations
        .as_array()
        .unwrap()
        .iter()
        .map(|value| try_it(&Operation::from_value(value)).unwrap_or_else(|error| format!("error: {error}")))
        .collect();
    std::fs::write(directory.join("answers"), serde_json::to_vec(&answers).unwrap()).unwrap();
    ExitCode::SUCCESS
}

fn try_it(operation: &Operation) -> std::io::Result<String> {
    let Operation { kind, path, to, .. } = operation;
    let append = |path: &Path| {
        let mut file = std::fs::OpenOptions::new().append(true).open(path)?;
        file.write_all(operation.token().as_bytes()).map(|()| String::new())
    };
    let nothing = |()| String::new();
    for path in [path, to] {
        if let Some(parent) = path.parent().filter(|parent| !parent.exists()) {
            std::fs::create_dir_all(parent)?;
        }
    }
    match kind {
        Kind::Read => std::fs::read_to_string(path),
        Kind::ReadByLink => {
            std::os::unix::fs::symlink(path, to)?;
            std::fs::read_to_string(to)
        }
        Kind::ReadByHardLink => {
            std::fs::hard_link(path, to)?;
            std::fs::read_to_string(to)
        }
        Kind::List => {
            let names = std::fs::read_dir(path)?.flatten().map(|entry| entry.file_name());
            Ok(names.map(|name| name.to_string_lossy().into_owned() + "\n").collect())
        }
        Kind::Execute => {
            let output = Command::new(path).stdin(Stdio::null()).output()?;
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        }
        Kind::Write => append(path),
        Kind::WriteByHardLink => {
            std::fs::hard_link(path, to)?;
            append(to)
        }
        Kind::Chmod => std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o640)).map(nothing),
        Kind::Create => {
            let mut file = std::fs::OpenOptions::new().write(true).create_new(true).open(path)?;
            file.write_all(operation.token().as_bytes()).map(nothing)
        }
        Kind::MakeDirectory => std::fs::create_dir(path).map(nothing),
        Kind::MakeLink => std::os::unix::fs::symlink("nowhere", path).map(nothing),
        Kind::Delete => std::fs::remove_file(path).map(nothing),
        Kind::Rename | Kind::RenameDirectory => std::fs::rename(path, to).map(nothing),
        Kind::DeleteDirectory => std::fs::remove_dir_all(path).map(nothing),
        Kind::Connect => get("127.0.0.1:3128", path, operation),
        Kind::ConnectDirectly => get(&path.to_string_lossy(), path, operation),
    }
}

/// An HTTP request for `host` put to `door`.
fn get(door: &str, host: &Path, operation: &Operation) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(door)?;
    stream.set_read_timeout(Some(Duration::from_secs(20)))?;
    let host = host.display();
    let number = operation.number;
    write!(
        stream,
        "GET http://{host}/attempt-{number} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
