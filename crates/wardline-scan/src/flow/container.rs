//! Lists and maps: what is at a key, what they are after a change, what their methods do.

use std::collections::BTreeMap;

use super::{
    call::Given,
    constant::{Constant, bound, character, position, slice as text_slice},
    value::{List, Map, Shape, Value},
};

fn integer(value: &Value<'_>) -> Option<i64> {
    match value.as_constant() {
        Some(Constant::Integer(number)) => Some(*number),
        _ => None,
    }
}

/// `container[key]`.
pub(super) fn at<'p>(container: &Value<'p>, key: &Value<'p>) -> Value<'p> {
    let found = match &container.shape {
        Shape::Constant(Constant::Text(text)) => {
            let found = integer(key).and_then(|index| character(text, index));
            Some(found.map_or_else(Value::safe, Value::constant))
        }
        Shape::Constant(_) => Some(Value::safe()),
        Shape::List(list) => {
            let place = integer(key).filter(|index| *index >= 0 || list.rest.is_none());
            let place = place.and_then(|index| position(index, list.items.len()));
            match (place.and_then(|place| list.items.get(place)), integer(key)) {
                (Some(item), _) => Some(item.clone()),
                (None, Some(0..)) if list.rest.is_some() => list.rest.clone(),
                _ => Some(container.element()),
            }
        }
        Shape::Map(map) => match key.as_constant() {
            Some(key) => Some(
                map.entries
                    .get(key)
                    .or(map.rest.as_ref())
                    .cloned()
                    .unwrap_or_else(|| Value::any(super::taint::Taint::default(), container.unknown)),
            ),
            None => {
                let all = Value::join_all(map.entries.values().chain(&map.rest).cloned());
                Some(all.unwrap_or_else(Value::unknown))
            }
        },
        _ => None,
    };
    match found {
        Some(found) => found.tainted(&container.taint),
        None => Value::any(container.deep_taint(), container.unknown || container.deep_unknown()),
    }
}

/// The container after `container[key] = value`; none when it is not one.
pub(super) fn with<'p>(container: &Value<'p>, key: &Value<'p>, value: Value<'p>) -> Option<Value<'p>> {
    let changed = match &container.shape {
        Shape::Map(map) => {
            let mut entries = map.entries.clone();
            let mut rest = map.rest.clone();
            match key.as_constant() {
                Some(key) => drop(entries.insert(key.clone(), value)),
                None => rest = Value::join_all(rest.into_iter().chain([value.tainted(&key.deep_taint())])),
            }
            Value::map(entries, rest)
        }
        Shape::List(list) => {
            let mut items = list.items.clone();
            let place = integer(key).and_then(|index| position(index, items.len()));
            match place.and_then(|place| items.get_mut(place)) {
                Some(item) => {
                    *item = value;
                    Value::list(items, list.rest.clone())
                }
                None => {
                    let rest = Value::join_all(list.rest.clone().into_iter().chain([value]));
                    Value::list(items, rest)
                }
            }
        }
        Shape::Any => {
            let rest = Value::any(container.taint.clone(), container.unknown);
            match key.as_constant() {
                Some(key) => Value::map(BTreeMap::from([(key.clone(), value)]), Some(rest)),
                None => Value::map(BTreeMap::new(), Some(rest.join(&value))),
            }
        }
        _ => return None,
    };
    let taint = if matches!(container.shape, Shape::Any) {
        super::taint::Taint::default()
    } else {
        container.taint.clone()
    };
    Some(changed.tainted(&taint))
}

/// The container after `del container[key]`.
pub(super) fn without<'p>(container: &Value<'p>, key: &Value<'p>) -> Option<Value<'p>> {
    match (&container.shape, key.as_constant()) {
        (Shape::Map(map), Some(key)) => {
            let mut entries = map.entries.clone();
            entries.remove(key);
            Some(Value::map(entries, map.rest.clone()).tainted(&container.taint))
        }
        (Shape::List(list), Some(Constant::Integer(index))) => {
            let mut items = list.items.clone();
            items.remove(position(*index, items.len())?);
            Some(Value::list(items, list.rest.clone()).tainted(&container.taint))
        }
        _ => None,
    }
}

/// What is left of a map without some keys.
pub(super) fn without_keys<'p>(container: &Value<'p>, keys: &[Constant]) -> Value<'p> {
    match &container.shape {
        Shape::Map(map) => {
            let mut entries = map.entries.clone();
            entries.retain(|key, _| !keys.contains(key));
            Value::map(entries, map.rest.clone()).tainted(&container.taint)
        }
        _ => Value::any(container.deep_taint(), container.deep_unknown()),
    }
}

/// `container[low:high:step]`; a bound that is not there is none.
pub(super) fn slice<'p>(container: &Value<'p>, bounds: &[Option<Value<'p>>]) -> Value<'p> {
    let number = |place: usize| match bounds.get(place) {
        Some(Some(value)) => integer(value).map(Some),
        _ => Some(None),
    };
    let whole = matches!(number(2), Some(None | Some(1)));
    let (Some(low), Some(high), true) = (number(0), number(1), whole) else {
        return match &container.shape {
            Shape::List(_) => Value::list(Vec::new(), Some(container.element())),
            Shape::Constant(_) => Value::safe().tainted(&container.taint),
            _ => Value::any(container.deep_taint(), container.deep_unknown()),
        };
    };
    match &container.shape {
        Shape::Constant(Constant::Text(text)) => {
            Value::constant(text_slice(text, low, high)).tainted(&container.taint)
        }
        Shape::List(list) if list.rest.is_none() => {
            let length = list.items.len();
            let low = low.map_or(0, |low| bound(low, length));
            let high = high.map_or(length, |high| bound(high, length)).max(low);
            let items = list.items.get(low..high).unwrap_or_default().to_vec();
            Value::list(items, None).tainted(&container.taint)
        }
        Shape::List(_) => Value::list(Vec::new(), Some(container.element())),
        _ => Value::any(container.deep_taint(), container.deep_unknown()),
    }
}

/// Whether a value is in a container, when that is known.
pub(super) fn contains(container: &Value<'_>, value: &Value<'_>) -> Option<bool> {
    if !container.taint.is_clean() || !value.taint.is_clean() {
        return None;
    }
    let value = value.as_constant()?;
    match &container.shape {
        Shape::Constant(Constant::Text(whole)) => match value {
            Constant::Text(part) => Some(whole.contains(&**part)),
            _ => None,
        },
        Shape::List(list) => {
            let sure = |item: &Value<'_>| item.taint.is_clean() && item.as_constant().is_some();
            let found = list.items.iter().any(|item| sure(item) && item.as_constant() == Some(value));
            (found || list.rest.is_none() && list.items.iter().all(sure)).then_some(found)
        }
        // An entry may be there on one way only.
        Shape::Map(map) if map.rest.is_none() && !map.entries.contains_key(value) => Some(false),
        _ => None,
    }
}

/// `left + right` of two lists, `left | right` of two maps.
pub(super) fn concatenated<'p>(left: &Value<'p>, right: &Value<'p>) -> Option<Value<'p>> {
    let taint = left.taint.join(&right.taint);
    match (&left.shape, &right.shape) {
        (Shape::List(left), Shape::List(right)) => Some(appended(left, right).tainted(&taint)),
        (Shape::Map(left), Shape::Map(right)) => {
            let mut entries = left.entries.clone();
            entries.extend(right.entries.iter().map(|(key, value)| (key.clone(), value.clone())));
            let rest = Value::join_all(left.rest.iter().chain(&right.rest).cloned());
            Some(Value::map(entries, rest).tainted(&taint))
        }
        _ => None,
    }
}

fn appended<'p>(left: &List<'p>, right: &List<'p>) -> Value<'p> {
    if left.rest.is_none() {
        let items = left.items.iter().chain(&right.items).cloned().collect();
        return Value::list(items, right.rest.clone());
    }
    let rest = Value::join_all(left.rest.iter().chain(&right.items).chain(&right.rest).cloned());
    Value::list(left.items.clone(), rest)
}

/// A method of a list: its result, and what the list is afterwards when that changes.
pub(super) fn list_method<'p>(
    receiver: &Value<'p>,
    name: &str,
    given: &[Given<'p>],
) -> Option<(Value<'p>, Option<Value<'p>>)> {
    let Shape::List(list) = &receiver.shape else { return None };
    let after = |items, rest| Some(Value::list(items, rest).tainted(&receiver.taint));
    let null = Value::constant(Constant::Null);
    let first = given.first().map(|given| given.value.clone());
    let mut items = list.items.clone();
    Some(match (name, first) {
        ("append" | "add" | "push" | "Add", Some(value)) => match &list.rest {
            None if given.len() == 1 => {
                items.push(value);
                (null, after(items, None))
            }
            rest => {
                let more = given.iter().map(|given| given.value.clone());
                (null, after(items, Value::join_all(rest.iter().cloned().chain(more))))
            }
        },
        ("insert", Some(at)) => {
            let value = given.get(1).map(|given| given.value.clone())?;
            match integer(&at) {
                Some(index) if list.rest.is_none() => {
                    items.insert(bound(index, items.len()), value);
                    (null, after(items, None))
                }
                _ => {
                    let all = items.into_iter().chain(list.rest.clone()).chain([value]);
                    (null, after(Vec::new(), Value::join_all(all)))
                }
            }
        }
        ("unshift" | "appendleft", Some(value)) => {
            items.insert(0, value);
            (null, after(items, list.rest.clone()))
        }
        ("extend" | "update" | "AddRange", Some(other)) => {
            let added = match &other.shape {
                Shape::List(other) => appended(list, other),
                _ => Value::list(items, Value::join_all(list.rest.iter().cloned().chain([other.element()]))),
            };
            (null, Some(added.tainted(&receiver.taint).tainted(&other.taint)))
        }
        ("concat", Some(other)) => {
            (concatenated(receiver, &other).unwrap_or_else(|| receiver.join(&other)), None)
        }
        ("pop" | "shift" | "popleft", index) => return taken(receiver, list, name, index.as_ref()),
        ("remove", Some(value)) => {
            let known = value.as_constant().filter(|_| list.rest.is_none());
            let place =
                known.and_then(|value| items.iter().position(|item| item.as_constant() == Some(value)));
            // Java's `remove(0)` is by position. Elsewhere a value that is not there cannot be removed.
            let place =
                place.or_else(|| position(integer(&value)?, items.len()).filter(|_| list.rest.is_none()));
            if let Some(place) = place {
                items.remove(place);
            }
            (null, after(items, list.rest.clone()))
        }
        ("clear", _) => (null, after(Vec::new(), None)),
        ("sort" | "reverse", _) => {
            let all = Value::join_all(items.into_iter().chain(list.rest.clone()));
            let sorted = after(Vec::new(), all);
            (sorted.clone()?, sorted)
        }
        ("copy", _) => (receiver.clone(), None),
        ("get", Some(index)) if given.len() == 1 => (at(receiver, &index), None),
        ("slice", _) => {
            let bounds: Vec<_> = given.iter().map(|given| Some(given.value.clone())).collect();
            (slice(receiver, &bounds), None)
        }
        ("join", _) => (Value::any(receiver.deep_taint(), receiver.deep_unknown()), None),
        _ => return None,
    })
}

/// `pop` and its like.
fn taken<'p>(
    receiver: &Value<'p>,
    list: &List<'p>,
    name: &str,
    index: Option<&Value<'p>>,
) -> Option<(Value<'p>, Option<Value<'p>>)> {
    let mut items = list.items.clone();
    let index = match (name, index) {
        ("shift" | "popleft", _) => Some(0),
        (_, None) => Some(-1),
        (_, Some(index)) => integer(index),
    };
    let place = index.filter(|_| list.rest.is_none()).and_then(|index| position(index, items.len()));
    match place {
        Some(place) => {
            let item = items.remove(place).tainted(&receiver.taint);
            Some((item, Some(Value::list(items, None).tainted(&receiver.taint))))
        }
        None => {
            let rest = Value::join_all(items.into_iter().chain(list.rest.clone()));
            let element = receiver.element();
            Some((element, Some(Value::list(Vec::new(), rest).tainted(&receiver.taint))))
        }
    }
}

/// A method of a map: its result, and what the map is afterwards when that changes.
pub(super) fn map_method<'p>(
    receiver: &Value<'p>,
    name: &str,
    given: &[Given<'p>],
) -> Option<(Value<'p>, Option<Value<'p>>)> {
    let Shape::Map(map) = &receiver.shape else { return None };
    let first = given.first().map(|given| given.value.clone());
    let values = || Value::join_all(map.entries.values().chain(&map.rest).cloned());
    let keys = || receiver.element();
    Some(match (name, first) {
        ("get" | "getItem" | "getlist", Some(key)) => (looked_up(receiver, map, &key, given), None),
        ("set" | "setItem" | "put" | "setdefault", Some(_)) if given.len() >= 2 => {
            let (last, keys) = given.split_last()?;
            let key = key_of(keys)?;
            let changed = with(receiver, &key, last.value.clone())?;
            (last.value.clone(), Some(changed))
        }
        ("pop", Some(key)) => (looked_up(receiver, map, &key, given), without(receiver, &key)),
        ("update", _) => {
            let mut changed = receiver.clone();
            for given in given {
                changed = match &given.name {
                    Some(name) => {
                        with(&changed, &Value::constant(Constant::Text(name.clone())), given.value.clone())?
                    }
                    None => concatenated(&changed, &given.value).unwrap_or_else(|| {
                        Value::map(
                            map.entries.clone(),
                            Value::join_all(map.rest.iter().cloned().chain([given.value.element()])),
                        )
                    }),
                };
            }
            (Value::constant(Constant::Null), Some(changed))
        }
        ("keys", _) => (Value::list(Vec::new(), Some(keys())), None),
        ("values", _) => (Value::list(Vec::new(), values()).tainted(&receiver.taint), None),
        ("items" | "entries", _) => {
            let pair = Value::list(vec![keys(), values().unwrap_or_else(Value::safe)], None);
            (Value::list(Vec::new(), Some(pair)).tainted(&receiver.taint), None)
        }
        ("copy", _) => (receiver.clone(), None),
        ("add_section" | "clear", _) => (Value::safe(), None),
        ("read" | "read_file" | "read_string" | "read_dict" | "load", _) => {
            let rest = Value::any(super::taint::Taint::default(), true);
            (Value::safe(), Some(Value::map(map.entries.clone(), Some(rest))))
        }
        _ => return None,
    })
}

/// One key for all arguments.
fn key_of<'p>(given: &[Given<'p>]) -> Option<Value<'p>> {
    match given {
        [only] => Some(only.value.clone()),
        many => {
            let keys: Option<Vec<_>> = many.iter().map(|given| given.value.as_constant().cloned()).collect();
            Some(keys.map_or_else(Value::safe, |keys| Value::constant(Constant::Key(keys))))
        }
    }
}

/// `map.get(key)`, `map.get(key, default)`, `map.get(section, key)`.
fn looked_up<'p>(receiver: &Value<'p>, map: &Map<'p>, key: &Value<'p>, given: &[Given<'p>]) -> Value<'p> {
    let plain: Vec<_> = given.iter().filter(|given| given.name.is_none()).cloned().collect();
    if plain.len() > 1
        && let Some(Value { shape: Shape::Constant(several), .. }) = key_of(&plain)
        && let Some(value) = map.entries.get(&several)
    {
        return value.clone().tainted(&receiver.taint);
    }
    let found = at(receiver, key);
    let sure = key.as_constant().is_some_and(|key| map.entries.contains_key(key));
    let several = map.entries.keys().any(|key| matches!(key, Constant::Key(_)));
    match plain.get(1) {
        Some(default) if !sure && !several => {
            let known_absent = key.as_constant().is_some() && map.rest.is_none();
            if known_absent { default.value.clone() } else { found.join(&default.value) }
        }
        _ => found,
    }
}
