//! What is wrong with a source, said so that a person can put it right.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A source that cannot be used as it stands. No policy is built from a source with a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// The file as the caller named it.
    pub file: String,
    /// Line from 1; 0 if the problem has no place in the file.
    pub line: u32,
    /// Column from 1, counted in bytes of the line for JSON; 0 if not known.
    pub column: u32,
    /// What is wrong.
    pub text: String,
    /// What to do next.
    pub help: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if self.line > 0 {
            write!(f, ":{}:{}", self.line, self.column)?;
        }
        write!(f, ": {}; {}", self.text, self.help)
    }
}

impl std::error::Error for Problem {}
