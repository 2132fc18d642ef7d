//! What the interpreter knows of a value.
//!
//! Containers and objects are values, not references: what changes one writes the changed one back to where it stands. So
//! equal values are equal to the eye, and what a function made of its arguments can be remembered.

use std::{
    collections::BTreeMap,
    hash::{Hash, Hasher},
    sync::Arc,
};

use super::{constant::Constant, taint::Taint};
use crate::ir::{Class, ExprId, Function, Name};

/// How many elements of a list, map or object are told apart.
pub(super) const ELEMENTS: usize = 64;

/// How deep containers in containers are told apart.
const NESTED: u8 = 6;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Value<'p> {
    pub(super) shape: Shape<'p>,
    /// Where it comes from, besides what is in it.
    pub(super) taint: Taint,
    /// Whether its origin is not known: neither the source text nor a harmless computation.
    pub(super) unknown: bool,
    /// Which expressions named the functions that it may be, where rules say what a call of them does.
    pub(super) via: Via,
}

/// Expressions that name functions, each with its file.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub(super) struct Via(Option<Arc<Vec<(usize, ExprId)>>>);

impl Via {
    /// One expression.
    pub(super) fn one(unit: usize, expression: ExprId) -> Self {
        Self(Some(Arc::new(vec![(unit, expression)])))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    pub(super) fn all(&self) -> &[(usize, ExprId)] {
        self.0.as_ref().map_or(&[], |all| all.as_slice())
    }

    fn join(&self, other: &Self) -> Self {
        let (Some(left), Some(right)) = (&self.0, &other.0) else {
            return if self.is_empty() { other.clone() } else { self.clone() };
        };
        let more: Vec<_> = right.iter().filter(|one| !left.contains(one)).copied().collect();
        if more.is_empty() {
            return self.clone();
        }
        let mut all = left.as_ref().clone();
        all.extend(more);
        all.sort_unstable();
        Self(Some(Arc::new(all)))
    }
}

/// What a value is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Shape<'p> {
    /// Anything.
    Any,
    Constant(Constant),
    List(Arc<List<'p>>),
    Map(Arc<Map<'p>>),
    Object(Arc<Object<'p>>),
    Function(Arc<Closure<'p>>),
    Class(Arc<ClassValue<'p>>),
    /// A file of the program, by its number.
    Module(usize),
    /// A name in a file of the program that was not looked up yet.
    Imported(usize, Name),
    /// What is not in the program, by its full name: `flask.request`, `len`.
    External(Name),
    /// A method of a value.
    Method(Arc<Method<'p>>),
    /// A function with some of its arguments: `functools.partial`, `bind`.
    Partial(Arc<Partial<'p>>),
}

/// A list, tuple or set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct List<'p> {
    /// The elements whose position is known.
    pub(super) items: Vec<Value<'p>>,
    /// What any further element may be.
    pub(super) rest: Option<Value<'p>>,
    depth: u8,
}

/// A dictionary, or an object of which only keys matter.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Map<'p> {
    pub(super) entries: BTreeMap<Constant, Value<'p>>,
    /// What is under any other key.
    pub(super) rest: Option<Value<'p>>,
    depth: u8,
}

/// An object with fields.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Object<'p> {
    pub(super) class: Option<Arc<ClassValue<'p>>>,
    pub(super) fields: BTreeMap<Name, Value<'p>>,
    depth: u8,
}

/// A function with some of its arguments.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Partial<'p> {
    pub(super) function: Value<'p>,
    pub(super) given: Vec<(Option<Name>, Value<'p>)>,
}

/// A method together with its object.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Method<'p> {
    pub(super) receiver: Value<'p>,
    pub(super) function: Arc<Closure<'p>>,
}

/// A function with the frame that it was made in.
#[derive(Debug, Clone)]
pub(super) struct Closure<'p> {
    pub(super) unit: usize,
    pub(super) function: &'p Function,
    /// The frame around it; none is the file.
    pub(super) scope: Option<u32>,
}

impl PartialEq for Closure<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.unit, self.function.id, self.scope) == (other.unit, other.function.id, other.scope)
    }
}

impl Eq for Closure<'_> {}

impl Hash for Closure<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.unit, self.function.id, self.scope).hash(state);
    }
}

/// A class.
#[derive(Debug, Clone)]
pub(super) struct ClassValue<'p> {
    pub(super) unit: usize,
    pub(super) class: &'p Class,
    pub(super) bases: Vec<Value<'p>>,
    pub(super) members: BTreeMap<Name, Value<'p>>,
}

impl PartialEq for ClassValue<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.unit, self.class.span) == (other.unit, other.class.span)
    }
}

impl Eq for ClassValue<'_> {}

impl Hash for ClassValue<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        (self.unit, self.class.span).hash(state);
    }
}

impl<'p> Value<'p> {
    /// Of unknown origin.
    pub(super) fn unknown() -> Self {
        Self { shape: Shape::Any, taint: Taint::default(), unknown: true, via: Via::default() }
    }

    /// Not known, but harmless: a number, a truth value, one of several constants.
    pub(super) fn safe() -> Self {
        Self { shape: Shape::Any, taint: Taint::default(), unknown: false, via: Via::default() }
    }

    /// Anything with these marks.
    pub(super) fn any(taint: Taint, unknown: bool) -> Self {
        Self { shape: Shape::Any, taint, unknown, via: Via::default() }
    }

    pub(super) fn constant(constant: impl Into<Constant>) -> Self {
        Self { shape: Shape::Constant(constant.into()), ..Self::safe() }
    }

    pub(super) fn shaped(shape: Shape<'p>) -> Self {
        Self { shape, ..Self::safe() }
    }

    pub(super) fn external(name: impl Into<Name>) -> Self {
        Self { shape: Shape::External(name.into()), ..Self::unknown() }
    }

    /// A list of these elements.
    pub(super) fn list(items: Vec<Self>, rest: Option<Self>) -> Self {
        let (items, rest) = if items.len() > ELEMENTS {
            (Vec::new(), Self::join_all(items.into_iter().chain(rest)))
        } else {
            (items, rest)
        };
        let depth = items.iter().chain(&rest).map(Self::depth).max().unwrap_or(0).saturating_add(1);
        let list = Self::shaped(Shape::List(Arc::new(List { items, rest, depth })));
        list.flat_when_deep(depth)
    }

    /// A map with these entries.
    pub(super) fn map(mut entries: BTreeMap<Constant, Self>, mut rest: Option<Self>) -> Self {
        if entries.len() > ELEMENTS {
            rest = Self::join_all(std::mem::take(&mut entries).into_values().chain(rest));
        }
        let depth = entries.values().chain(&rest).map(Self::depth).max().unwrap_or(0).saturating_add(1);
        let map = Self::shaped(Shape::Map(Arc::new(Map { entries, rest, depth })));
        map.flat_when_deep(depth)
    }

    /// An object with these fields. What is known besides goes into `taint` and `unknown` of `like`.
    pub(super) fn object(
        class: Option<Arc<ClassValue<'p>>>,
        mut fields: BTreeMap<Name, Self>,
        like: &Self,
    ) -> Self {
        let mut taint = like.taint.clone();
        if fields.len() > ELEMENTS {
            taint = std::mem::take(&mut fields)
                .into_values()
                .fold(taint, |taint, field| taint.join(&field.deep_taint()));
        }
        let depth = fields.values().map(Self::depth).max().unwrap_or(0).saturating_add(1);
        let shape = Shape::Object(Arc::new(Object { class, fields, depth }));
        Self { shape, taint, unknown: like.unknown, via: Via::default() }.flat_when_deep(depth)
    }

    /// A function with some of its arguments.
    pub(super) fn partial(function: Self, given: Vec<(Option<Name>, Self)>) -> Self {
        let partial = Self::shaped(Shape::Partial(Arc::new(Partial { function, given })));
        let depth = partial.depth();
        partial.flat_when_deep(depth)
    }

    /// Whether it can be called, and what that does is known.
    pub(super) fn callable(&self) -> bool {
        !self.via.is_empty()
            || matches!(self.shape, Shape::Function(_) | Shape::Method(_) | Shape::Partial(_))
    }

    fn depth(&self) -> u8 {
        match &self.shape {
            Shape::List(list) => list.depth,
            Shape::Map(map) => map.depth,
            Shape::Object(object) => object.depth,
            Shape::Method(method) => method.receiver.depth(),
            Shape::Partial(partial) => {
                let given = partial.given.iter().map(|(_, value)| value.depth());
                given.chain([partial.function.depth()]).max().unwrap_or(0).saturating_add(1)
            }
            _ => 0,
        }
    }

    fn flat_when_deep(self, depth: u8) -> Self {
        if depth <= NESTED {
            return self;
        }
        Self::any(self.deep_taint(), self.deep_unknown())
    }

    pub(super) fn as_constant(&self) -> Option<&Constant> {
        match &self.shape {
            Shape::Constant(constant) => Some(constant),
            _ => None,
        }
    }

    pub(super) fn as_text(&self) -> Option<&str> {
        match self.as_constant() {
            Some(Constant::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Shows `visit` what is directly in it, until that says to stop.
    fn parts<'v>(&'v self, visit: &mut dyn FnMut(&'v Self) -> bool) {
        let visit = &mut |part| visit(part);
        let _all = match &self.shape {
            Shape::List(list) => list.items.iter().chain(&list.rest).all(visit),
            Shape::Map(map) => map.entries.values().chain(&map.rest).all(visit),
            Shape::Object(object) => object.fields.values().all(visit),
            Shape::Method(method) => visit(&method.receiver),
            Shape::Partial(partial) => partial.given.iter().all(|(_, value)| visit(value)),
            _ => true,
        };
    }

    /// Its marks and those of all that is in it.
    pub(super) fn deep_taint(&self) -> Taint {
        let mut taint = self.taint.clone();
        self.parts(&mut |part| {
            taint = taint.join(&part.deep_taint());
            true
        });
        taint
    }

    /// Whether its origin or that of anything in it is not known.
    pub(super) fn deep_unknown(&self) -> bool {
        let mut unknown = self.unknown;
        if !unknown {
            self.parts(&mut |part| {
                unknown = part.deep_unknown();
                !unknown
            });
        }
        unknown
    }

    /// Whether neither it nor anything in it has a mark.
    pub(super) fn is_deep_clean(&self) -> bool {
        let mut clean = self.taint.is_clean();
        if clean {
            self.parts(&mut |part| {
                clean = part.is_deep_clean();
                clean
            });
        }
        clean
    }

    /// What an element of it may be, whichever.
    pub(super) fn element(&self) -> Self {
        let inside = match &self.shape {
            Shape::List(list) => Self::join_all(list.items.iter().chain(&list.rest).cloned()),
            // Going through a map gives its keys.
            Shape::Map(map) => {
                let keys = map.entries.keys().map(|key| Self::constant(key.clone()));
                let rest = map.rest.as_ref().map(|rest| Self::any(rest.taint.clone(), rest.unknown));
                Self::join_all(keys.chain(rest))
            }
            Shape::Constant(_) => Some(Self::safe()),
            _ => None,
        };
        match inside {
            Some(inside) => inside.tainted(&self.taint),
            None => Self::any(self.deep_taint(), self.unknown),
        }
    }

    /// The same value with these marks too, and what is known of its fields with it.
    pub(super) fn tainted(mut self, taint: &Taint) -> Self {
        self.taint = self.taint.join(taint);
        if let Shape::Object(object) = &self.shape
            && !object.fields.is_empty()
            && !taint.is_clean()
        {
            let marked = |(name, field): (&Name, &Self)| (name.clone(), field.clone().tainted(taint));
            let fields = object.fields.iter().map(marked).collect();
            return Self::object(object.class.clone(), fields, &self);
        }
        self
    }

    /// The same value with other marks everywhere in it.
    pub(super) fn map_taint(&self, change: &impl Fn(&Taint) -> Taint) -> Self {
        if self.is_deep_clean() {
            return self.clone();
        }
        let taint = change(&self.taint);
        let unknown = self.unknown;
        let within = |value: &Self| value.map_taint(change);
        let changed = match &self.shape {
            Shape::List(list) => {
                Self::list(list.items.iter().map(within).collect(), list.rest.as_ref().map(within))
            }
            Shape::Map(map) => Self::map(
                map.entries.iter().map(|(key, value)| (key.clone(), within(value))).collect(),
                map.rest.as_ref().map(within),
            ),
            Shape::Object(object) => {
                let fields =
                    object.fields.iter().map(|(name, value)| (name.clone(), within(value))).collect();
                Self::object(object.class.clone(), fields, &Self::safe())
            }
            other => Self::shaped(other.clone()),
        };
        Self { taint, unknown, via: self.via.clone(), ..changed }
    }

    /// What holds of either value.
    pub(super) fn join(&self, other: &Self) -> Self {
        if self == other {
            return self.clone();
        }
        let unknown = self.unknown || other.unknown;
        let taint = self.taint.join(&other.taint);
        let via = self.via.join(&other.via);
        let null = |value: &Self| matches!(value.shape, Shape::Constant(Constant::Null));
        let joined = match (&self.shape, &other.shape) {
            (left, right) if left == right => Some(Self::shaped(left.clone())),
            (_, right) if null(self) && !matches!(right, Shape::Constant(_)) => {
                Some(Self::shaped(right.clone()))
            }
            (left, _) if null(other) && !matches!(left, Shape::Constant(_)) => {
                Some(Self::shaped(left.clone()))
            }
            (Shape::List(left), Shape::List(right)) => Some(join_lists(left, right)),
            (Shape::Map(left), Shape::Map(right)) => Some(join_maps(left, right)),
            (Shape::Object(left), Shape::Object(right)) if left.class == right.class => {
                // A field that only one side knows is on the other what that side is as a whole.
                let mut fields = BTreeMap::new();
                for name in left.fields.keys().chain(right.fields.keys()) {
                    let joined = match (left.fields.get(name), right.fields.get(name)) {
                        (Some(left), Some(right)) => left.join(right),
                        (Some(known), None) => known.clone().tainted(&other.taint),
                        (None, known) => known.cloned().unwrap_or_else(Self::unknown).tainted(&self.taint),
                    };
                    fields.insert(name.clone(), joined);
                }
                Some(Self::object(left.class.clone(), fields, &Self::safe()))
            }
            _ => None,
        };
        match joined {
            Some(joined) => {
                let unknown = unknown || joined.unknown;
                Self { taint: joined.taint.join(&taint), unknown, via, ..joined }
            }
            None => {
                let taint = self.deep_taint().join(&other.deep_taint());
                Self { via, ..Self::any(taint, self.deep_unknown() || other.deep_unknown()) }
            }
        }
    }

    /// What holds of any of them; none when there are none.
    pub(super) fn join_all(values: impl IntoIterator<Item = Self>) -> Option<Self> {
        values.into_iter().reduce(|left, right| left.join(&right))
    }
}

fn join_options<'p>(left: Option<&Value<'p>>, right: Option<&Value<'p>>) -> Option<Value<'p>> {
    match (left, right) {
        (Some(left), Some(right)) => Some(left.join(right)),
        (one, other) => one.or(other).cloned(),
    }
}

fn join_lists<'p>(left: &List<'p>, right: &List<'p>) -> Value<'p> {
    if left.items.len() == right.items.len() {
        let items = left.items.iter().zip(&right.items).map(|(left, right)| left.join(right)).collect();
        return Value::list(items, join_options(left.rest.as_ref(), right.rest.as_ref()));
    }
    let all = left.items.iter().chain(&left.rest).chain(&right.items).chain(&right.rest);
    Value::list(Vec::new(), Value::join_all(all.cloned()))
}

fn join_maps<'p>(left: &Map<'p>, right: &Map<'p>) -> Value<'p> {
    let mut entries = left.entries.clone();
    for (key, value) in &right.entries {
        let joined = entries.get(key).map_or_else(|| value.clone(), |known| known.join(value));
        entries.insert(key.clone(), joined);
    }
    Value::map(entries, join_options(left.rest.as_ref(), right.rest.as_ref()))
}
