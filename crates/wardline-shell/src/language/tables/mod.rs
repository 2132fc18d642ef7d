//! Tables of functions: what they do, and which do no harm.

#[rustfmt::skip]
mod acts;
#[rustfmt::skip]
mod pure;

use std::sync::OnceLock;

use super::Family;

pub(super) use acts::{Act, acts};

/// The functions of all acts of a family by name, the first act of each.
type ByName = Vec<(&'static str, Act)>;

/// One for each family, in the order of the type; made when the first code of the family is read.
static BY_NAME: [OnceLock<ByName>; 12] = [const { OnceLock::new() }; 12];

/// What the function of this full name does.
pub(super) fn find(family: Family, name: &str) -> Option<Act> {
    let rows = BY_NAME.get(family as usize)?.get_or_init(|| by_name(family));
    let at = rows.binary_search_by(|(own, _)| (*own).cmp(name)).ok()?;
    rows.get(at).map(|(_, act)| *act)
}

fn by_name(family: Family) -> ByName {
    let rows = acts(family).iter().flat_map(|(act, names)| names.iter().map(|name| (*name, *act)));
    let mut rows: ByName = rows.collect();
    // Stable, so that of several acts the first stays.
    rows.sort_by_key(|(name, _)| *name);
    rows.dedup_by_key(|(name, _)| *name);
    rows
}

/// The function of this full name only computes.
pub(super) fn is_pure(family: Family, name: &str) -> bool {
    let listed = |name: &str| pure::pure(family).binary_search(&name).is_ok();
    let module = name.rsplit_once('.').is_some_and(|(module, _)| is_pure_module(family, module));
    listed(name) || module
}

/// The method of this name only computes, whatever it is called on.
pub(super) fn is_pure_method(name: &str) -> bool {
    pure::METHODS.binary_search(&name).is_ok()
}

/// All that a module, or the one it is part of, offers only computes.
pub(super) fn is_pure_module(family: Family, module: &str) -> bool {
    let mut name = module;
    loop {
        if pure::pure_modules(family).binary_search(&name).is_ok() {
            return true;
        }
        match name.rsplit_once('.') {
            Some((outer, _)) => name = outer,
            None => return false,
        }
    }
}

/// Loading this module does nothing, and its functions are judged one by one.
pub(super) fn is_known_module(family: Family, module: &str) -> bool {
    pure::known_modules(family).binary_search(&module).is_ok()
}

#[cfg(test)]
mod tests {
    use super::{Family, acts, pure};

    #[test]
    fn every_family_has_its_functions_by_name() {
        use Family::{Awk, Groovy, Julia, Lua, Perl, Php, PowerShell, Python, R, Ruby, Script, Tcl};
        for family in [Python, Script, Perl, Ruby, Php, Lua, R, Julia, Groovy, Awk, Tcl, PowerShell] {
            for (_, names) in acts(family) {
                for name in *names {
                    let first = acts(family).iter().find(|(_, names)| names.contains(name));
                    assert_eq!(super::find(family, name), first.map(|(act, _)| *act), "{name}");
                }
            }
        }
    }

    #[test]
    fn the_tables_are_sorted_so_that_every_row_is_found() {
        use Family::{Groovy, Julia, Lua, Perl, Php, Python, R, Ruby, Script};
        for family in [Python, Script, Perl, Ruby, Php, Lua, R, Julia, Groovy] {
            let rows = acts(family).iter().map(|(_, names)| *names);
            let lists =
                [pure::pure(family), pure::pure_modules(family), pure::known_modules(family), pure::METHODS];
            for list in rows.chain(lists) {
                for pair in list.windows(2) {
                    assert!(pair[0] < pair[1], "{} comes after {}", pair[0], pair[1]);
                }
            }
        }
    }
}
