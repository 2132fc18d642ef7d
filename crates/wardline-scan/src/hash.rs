//! Maps and sets whose hashes are computed quickly, with a seed of the process's own: names in a hostile file cannot be
//! chosen so that they collide.

/// A map.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// A set.
pub(crate) type HashSet<T> = std::collections::HashSet<T, foldhash::fast::RandomState>;
