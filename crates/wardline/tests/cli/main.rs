//! The command line as a user meets it: real binary, real files, real kernel, a sealed world.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod alone;
mod approve;
mod attack;
mod beside;
mod caps;
mod check;
mod checkpoint;
mod common;
mod demo;
mod doctor;
mod egress;
mod evasions;
mod exec;
mod gate;
mod githooks;
mod hook;
mod init;
mod kills;
mod limits;
mod log;
mod manifest;
mod overlay;
mod policy;
mod profile;
mod push;
mod quarantine;
mod readme;
mod redact;
mod reverts;
mod run;
mod scan;
mod screen;
mod stop;
mod ui;
mod waive;
mod work;
