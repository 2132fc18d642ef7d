//! Kilo's way of combining configuration files, for people who ask for it with `compat: "kilo"`.
//!
//! Files are merged as objects before rules are made of them: a key keeps the place the lower file gave it, two
//! maps are merged entry by entry, and anything else is replaced whole. That can lose a deny; `lint` says where.

use crate::rule::{Entry, Permission};

/// Merges `higher` over `lower`.
pub(crate) fn merge(lower: Permission, higher: &Permission) -> Permission {
    match (lower, higher) {
        (lower, Permission::Absent) => lower,
        (Permission::Map(mut entries), Permission::Map(over)) => {
            merge_entries(&mut entries, over, |lower, higher| match (lower, higher) {
                (Entry::Map(patterns), Entry::Map(over)) => {
                    merge_entries(patterns, over, |lower, higher| lower.clone_from(higher));
                }
                (lower, higher) => lower.clone_from(higher),
            });
            Permission::Map(entries)
        }
        (_, higher) => higher.clone(),
    }
}

fn merge_entries<T: Clone>(lower: &mut Vec<(String, T)>, higher: &[(String, T)], both: impl Fn(&mut T, &T)) {
    let places: std::collections::HashMap<String, usize> =
        lower.iter().enumerate().map(|(at, (key, _))| (key.clone(), at)).collect();
    for (key, value) in higher {
        match places.get(key).and_then(|at| lower.get_mut(*at)) {
            Some((_, present)) => both(present, value),
            None => lower.push((key.clone(), value.clone())),
        }
    }
}
