//! Maps and sets whose hashes are computed quickly, with a seed of the process's own: names in a hostile file cannot be
//! chosen so that they collide.

/// Makes the hashes.
pub(crate) type State = foldhash::fast::RandomState;

/// A map.
pub(crate) type HashMap<K, V> = std::collections::HashMap<K, V, State>;

/// A set.
pub(crate) type HashSet<T> = std::collections::HashSet<T, State>;
