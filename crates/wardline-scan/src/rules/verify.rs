//! Whether a rule can be used as it is: its patterns can be read in each of its languages, its metavariables are bound, its
//! sets exist.

use super::{
    format::{Body, Condition, Formula, Part, Rule, Set, What},
    parts,
    pattern::Pattern,
};
use crate::{ir::Name, language::Language};

/// Why a rule cannot be used.
pub(super) fn problem(rule: &Rule, sets: &[Set]) -> Option<String> {
    rule.languages.iter().find_map(|language| match &rule.body {
        Body::Search(formula) => check(*language, formula).err(),
        Body::Taint(taint) => parts(taint).find_map(|(_, part)| check_part(*language, part, sets).err()),
    })
}

fn check_part(language: Language, part: &Part, sets: &[Set]) -> Result<(), String> {
    let formula = match &part.what {
        What::Set(name) if sets.iter().any(|(known, _)| known == name) => return Ok(()),
        What::Set(name) => return Err(format!("there is no set `{name}`")),
        What::Formula(formula) => formula,
    };
    let names = check(language, formula)?;
    for name in [&part.options.from, &part.options.to] {
        let bare = name.trim_start_matches('$');
        if !name.is_empty() && !names.iter().any(|known| known.as_ref() == bare) {
            return Err(format!("`{name}` stands in no pattern"));
        }
    }
    Ok(())
}

/// Checks a formula; gives the metavariables that it binds.
fn check(language: Language, formula: &Formula) -> Result<Vec<Name>, String> {
    match formula {
        Formula::Pattern(source) => {
            let pattern = Pattern::read(language, source)
                .map_err(|reason| format!("{reason} (in `{}`)", short(source)))?;
            Ok(pattern.metavariables())
        }
        Formula::Regex(_) => Ok(Vec::new()),
        Formula::Inside(inner) | Formula::Not(inner) | Formula::NotInside(inner) => check(language, inner),
        Formula::Any(formulas) => {
            let mut names = Vec::new();
            for formula in formulas {
                if matches!(formula, Formula::Not(_) | Formula::NotInside(_)) {
                    return Err("an exclusion stands in `pattern-either`".to_owned());
                }
                names.extend(check(language, formula)?);
            }
            Ok(names)
        }
        Formula::All(formulas, conditions, focus) => {
            let mut names = Vec::new();
            for formula in formulas {
                let bound = check(language, formula)?;
                if !matches!(formula, Formula::Not(_) | Formula::NotInside(_)) {
                    names.extend(bound);
                }
            }
            for condition in conditions {
                check_condition(language, condition, &mut names)?;
            }
            for name in focus {
                known(name, &names)?;
            }
            Ok(names)
        }
    }
}

fn known(name: &str, names: &[Name]) -> Result<(), String> {
    if names.iter().any(|known| known.as_ref() == name) {
        return Ok(());
    }
    Err(format!("`${name}` stands in no pattern"))
}

fn check_condition(language: Language, condition: &Condition, names: &mut Vec<Name>) -> Result<(), String> {
    match condition {
        Condition::Regex(name, _) => known(name, names),
        Condition::Comparison(comparison) => {
            comparison.metavariables().into_iter().try_for_each(|name| known(name, names))
        }
        Condition::Pattern(name, formula) => {
            known(name, names)?;
            if has_inside(formula) {
                return Err("`pattern-inside` in `metavariable-pattern` is not supported".to_owned());
            }
            names.extend(check(language, formula)?);
            Ok(())
        }
    }
}

fn has_inside(formula: &Formula) -> bool {
    match formula {
        Formula::Inside(_) | Formula::NotInside(_) => true,
        Formula::Pattern(_) | Formula::Regex(_) => false,
        Formula::Not(inner) => has_inside(inner),
        Formula::Any(formulas) | Formula::All(formulas, ..) => formulas.iter().any(has_inside),
    }
}

fn short(source: &str) -> String {
    let line = source.trim().lines().next().unwrap_or_default();
    line.chars().take(60).collect()
}

/// Why a shared set cannot be used.
#[cfg(test)]
pub(super) fn set_problem(language: Language, parts: &[Part], sets: &[Set]) -> Option<String> {
    parts.iter().find_map(|part| check_part(language, part, sets).err())
}
