//! What the actor is told to try, and what it answers.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

/// One kind of attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Read a file's bytes.
    Read,
    /// Make a symbolic link to a file, and read through it.
    ReadByLink,
    /// Make a hard link to a file, and read through it.
    ReadByHardLink,
    /// List a directory.
    List,
    /// Execute a script.
    Execute,
    /// Append to a file.
    Write,
    /// Make a hard link to a file, and append through it.
    WriteByHardLink,
    /// Change the mode of a file.
    Chmod,
    /// Make a file.
    Create,
    /// Make a directory.
    MakeDirectory,
    /// Make a symbolic link.
    MakeLink,
    /// Remove a file.
    Delete,
    /// Rename a file.
    Rename,
    /// Rename a directory with everything in it.
    RenameDirectory,
    /// Remove a directory with everything in it.
    DeleteDirectory,
    /// Reach a host by the egress door.
    Connect,
    /// Reach a host without the egress door.
    ConnectDirectly,
}

pub(crate) const KINDS: [Kind; 17] = [
    Kind::Read,
    Kind::ReadByLink,
    Kind::ReadByHardLink,
    Kind::List,
    Kind::Execute,
    Kind::Write,
    Kind::WriteByHardLink,
    Kind::Chmod,
    Kind::Create,
    Kind::MakeDirectory,
    Kind::MakeLink,
    Kind::Delete,
    Kind::Rename,
    Kind::RenameDirectory,
    Kind::DeleteDirectory,
    Kind::Connect,
    Kind::ConnectDirectly,
];

/// One attempt.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) number: usize,
    pub(crate) kind: Kind,
    /// What it is about; for connections `host:port`.
    pub(crate) path: PathBuf,
    /// The new name, where there is one.
    pub(crate) to: PathBuf,
}

impl Operation {
    /// A text that no other attempt writes.
    pub(crate) fn token(&self) -> String {
        format!("<attempt {}>", self.number)
    }

    pub(crate) fn to_value(&self) -> Value {
        let kind = KINDS.iter().position(|kind| *kind == self.kind);
        json!([self.number, kind, self.path.to_str(), self.to.to_str()])
    }

    pub(crate) fn from_value(value: &Value) -> Self {
        let number = |index: usize| usize::try_from(value[index].as_u64().unwrap()).unwrap();
        let path = |index: usize| PathBuf::from(value[index].as_str().unwrap());
        Self { number: number(0), kind: KINDS[number(1)], path: path(2), to: path(3) }
    }
}

/// The content of a file of the tree: nobody else's has it.
pub(crate) fn content(path: &Path) -> String {
    format!("#!/bin/sh\necho 'content of {}'\n", path.display())
}
