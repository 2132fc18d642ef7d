//! Generated histories: on values alone, on a real file system, and with the process dying at every step.

mod files;
mod histories;
mod layers;
mod model;
mod real;

use crate::Author;
