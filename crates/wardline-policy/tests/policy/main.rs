//! Tests of the policy as others use it: tables of cases, laws over generated policies, lints.

mod advice;
mod agents;
mod caps;
mod expiry;
mod floors;
mod grammar;
mod keys;
mod laws;
mod layers;
mod limits;
mod lints;
mod profiles;
mod refusals;
mod shell;
mod sources;
mod support;
