//! The floor of refused effects: what no allow lifts, but a person's exception may.
//!
//! Which effects those are is established with the facts; here they meet the rules. A refusal stands whatever the rules say,
//! the same inside and outside the sandbox. A question gives way to a rule of the person's about this very command.

use crate::decide::{Case, Grounds};
use crate::decision::Decision;
use crate::evaluate::{Kind, specific_allow};
use crate::explain;
use crate::request::Refusal;

/// Adds every refused effect.
pub(crate) fn judge<'c>(case: &Case<'c>, grounds: &mut Grounds<'c>) {
    for refusal in &case.facts.refusals {
        if let Some(waiver) = &refusal.waiver {
            grounds.add_floor(explain::waived(refusal, waiver));
        } else if refusal.decision > Decision::Ask {
            grounds.add_floor(explain::refused(refusal));
        } else if !is_allowed(case, refusal) {
            grounds.add(explain::refused(refusal));
        }
    }
}

/// Whether a person allowed the command by a rule that says something about it.
fn is_allowed(case: &Case<'_>, refusal: &Refusal) -> bool {
    let Some(command) = refusal.command.and_then(|at| case.facts.commands.get(at)) else { return false };
    [&command.literal, &command.canonical].iter().all(|text| {
        let question = case.question("bash", text, Kind::Direct);
        specific_allow(case.stack, &question).is_some()
    })
}
