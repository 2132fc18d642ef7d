//! The tree that all languages are lowered to.
//!
//! It keeps the shape of the source (statements, expressions, functions, classes), because rules are patterns over that
//! shape, and drops what no rule and no flow asks for. Control flow stays structured: an interpreter walks the tree.
//! A construct that a front-end does not know becomes [`ExprKind::Opaque`] or [`StmtKind::Opaque`] around its
//! parts, so that values still flow through it and nothing in it is lost to the rules.

use std::sync::Arc;

use crate::{language::Language, span::Span};

/// A name as written in the source. Cheap to clone; a front-end shares one copy of each spelling.
pub type Name = Arc<str>;

/// The number of an expression, from 0, unique in its [`Module`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ExprId(pub u32);

/// The number of a function, from 0, unique in its [`Module`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FunctionId(pub u32);

/// One file, lowered.
#[derive(Debug, Clone)]
pub struct Module {
    /// The language that it was read as.
    pub language: Language,
    /// Its statements.
    pub body: Vec<Stmt>,
    /// Ranges that the grammar could not read. Never empty in silence: a touched file with one is not fully analysed.
    pub problems: Vec<Problem>,
    /// How many expressions there are: every [`ExprId`] in it is below.
    pub expressions: u32,
    /// How many functions there are.
    pub functions: u32,
}

/// A range that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Where.
    pub span: Span,
    /// What is wrong: "syntax error", "missing `)`", "nested deeper than 400".
    pub what: String,
}

/// A statement.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: StmtKind,
}

/// The kinds of statements.
#[derive(Debug, Clone)]
pub enum StmtKind {
    /// An expression for its effect. Assignments are [`ExprKind::Assign`].
    Expr(Expr),
    /// `let x: T = v`, `var x`, `x: int = 3`, `int x = 3;`, a class attribute.
    Declare(Box<Declare>),
    /// `if`, with `elif` as an `if` in `otherwise`. `unless` is negated by the front-end.
    If {
        /// The condition.
        test: Expr,
        /// What runs when it holds.
        then: Vec<Stmt>,
        /// What runs when it does not.
        otherwise: Vec<Stmt>,
    },
    /// `while`, `do … while`, `until` (negated), `loop`.
    While {
        /// The condition.
        test: Expr,
        /// What is repeated.
        body: Vec<Stmt>,
        /// Python's `else` of a loop.
        otherwise: Vec<Stmt>,
        /// Whether the body runs before the first test.
        body_first: bool,
    },
    /// `for (init; test; update)`.
    For {
        /// What runs before.
        init: Vec<Stmt>,
        /// The condition; none is "for ever".
        test: Option<Expr>,
        /// What runs after each turn.
        update: Vec<Expr>,
        /// What is repeated.
        body: Vec<Stmt>,
    },
    /// `for x in xs`, `for (const x of xs)`, `for k, v := range m`, `foreach`.
    ForEach {
        /// What each turn binds: a pattern, as in [`ExprKind::Assign`].
        target: Expr,
        /// What is gone through.
        over: Expr,
        /// Whether keys are bound and not values (JavaScript's `for … in`).
        keys: bool,
        /// What is repeated.
        body: Vec<Stmt>,
        /// Python's `else` of a loop.
        otherwise: Vec<Stmt>,
    },
    /// `switch`, `match`, `case`.
    Switch {
        /// What is looked at.
        subject: Expr,
        /// The arms in order.
        arms: Vec<Arm>,
    },
    /// `return`.
    Return(Option<Expr>),
    /// `throw`, `raise`.
    Throw(Option<Expr>),
    /// `break`, also of a `switch`.
    Break,
    /// `continue`.
    Continue,
    /// `try`.
    Try {
        /// What is tried.
        body: Vec<Stmt>,
        /// What catches.
        catches: Vec<Catch>,
        /// Python's `else`.
        otherwise: Vec<Stmt>,
        /// What runs in any case.
        finally: Vec<Stmt>,
    },
    /// `with`, `using`, try-with-resources: values, bound or not, around a body.
    With {
        /// Each value with what it is bound to.
        items: Vec<(Expr, Option<Expr>)>,
        /// What runs with them.
        body: Vec<Stmt>,
    },
    /// A named function or method.
    Function(Box<Function>),
    /// A class, interface, struct, trait or `impl`.
    Class(Box<Class>),
    /// Names that come from elsewhere.
    Import(Vec<Import>),
    /// Names that others may import: local name, name outside (`default` for JavaScript's default export).
    Export(Vec<(Name, Name)>),
    /// Statements with a scope of their own.
    Block(Vec<Stmt>),
    /// `del`, `delete`, `unset`.
    Delete(Vec<Expr>),
    /// `global`, `nonlocal`: names that are not local to the function.
    Global(Vec<Name>),
    /// A construct that is not modelled, around its statements and expressions in their order.
    Opaque(Vec<Stmt>),
}

/// A declaration.
#[derive(Debug, Clone)]
pub struct Declare {
    /// What is declared: a name or a pattern.
    pub target: Expr,
    /// Its written type.
    pub declared_type: Option<Expr>,
    /// Its first value.
    pub value: Option<Expr>,
    /// Whether it is visible in its block only (`let`), else in the function (`var`, Python).
    pub block_scoped: bool,
    /// Whether it cannot be assigned again (`const`, `final`).
    pub constant: bool,
    /// Annotations.
    pub decorators: Vec<Expr>,
}

/// An arm of a `switch`.
#[derive(Debug, Clone)]
pub struct Arm {
    /// The values or patterns that select it; none is the default arm.
    pub patterns: Vec<Expr>,
    /// A condition besides.
    pub guard: Option<Expr>,
    /// What runs.
    pub body: Vec<Stmt>,
    /// Whether the next arm runs too unless a `break` stops it.
    pub falls_through: bool,
}

/// A `catch`.
#[derive(Debug, Clone)]
pub struct Catch {
    /// The types that it catches; none is all.
    pub types: Vec<Expr>,
    /// The name of what was caught.
    pub name: Option<Expr>,
    /// What runs.
    pub body: Vec<Stmt>,
}

/// A name that comes from elsewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Import {
    /// The module as written: `flask`, `..db.models`, `./util`, `java.sql.Connection`.
    pub module: Name,
    /// What of it.
    pub what: Imported,
    /// The name here. Empty when nothing is bound (an import for its effects, or [`Imported::All`]).
    pub local: Name,
}

/// What of a module is imported.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Imported {
    /// The module itself.
    Whole,
    /// One name of it; `default` is JavaScript's default export.
    One(Name),
    /// All names (`from x import *`).
    All,
}

/// A function, method, lambda or arrow.
#[derive(Debug, Clone)]
pub struct Function {
    /// Its number.
    pub id: FunctionId,
    /// Its name, if it has one.
    pub name: Option<Name>,
    /// Its parameters, without `self` and `this` where the language writes none.
    pub parameters: Vec<Parameter>,
    /// Its written result type.
    pub returns: Option<Expr>,
    /// Decorators and annotations, outermost first.
    pub decorators: Vec<Expr>,
    /// Its body. A body that is an expression is one `Return`.
    pub body: Vec<Stmt>,
    /// Whether it is `async`.
    pub is_async: bool,
    /// Whether it is a generator.
    pub is_generator: bool,
    /// Whether it is declared static.
    pub is_static: bool,
    /// Its whole range, decorators included.
    pub span: Span,
}

/// A parameter.
#[derive(Debug, Clone)]
pub struct Parameter {
    /// What it binds: a name or a pattern.
    pub target: Expr,
    /// Its written type.
    pub declared_type: Option<Expr>,
    /// Its value when none is given.
    pub default: Option<Expr>,
    /// How it is given.
    pub kind: ParameterKind,
    /// Annotations (`@RequestParam`, `[FromQuery]`).
    pub decorators: Vec<Expr>,
}

/// How a parameter is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ParameterKind {
    /// By place or name.
    Plain,
    /// By name only.
    NamedOnly,
    /// All further arguments given by place: `*args`, `...rest`.
    Rest,
    /// All further arguments given by name: `**kwargs`.
    NamedRest,
}

/// A class or what is like one.
#[derive(Debug, Clone)]
pub struct Class {
    /// Its name.
    pub name: Option<Name>,
    /// What it is made from: bases, interfaces.
    pub bases: Vec<Expr>,
    /// Decorators and annotations.
    pub decorators: Vec<Expr>,
    /// Functions, declarations, nested classes, statements.
    pub members: Vec<Stmt>,
    /// Its whole range.
    pub span: Span,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// Its number in the module.
    pub id: ExprId,
    /// Its place.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The kinds of expressions.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// A constant.
    Literal(Literal),
    /// A name. `self` and `this` are names.
    Name(Name),
    /// `object.name`, `object?.name`, `object->name`, `Object::name`.
    Member {
        /// The object.
        object: Box<Expr>,
        /// The member.
        name: Name,
    },
    /// `object[index]`; a slice has a [`ExprKind::Slice`] as index.
    Index {
        /// The container.
        object: Box<Expr>,
        /// Key, position or slice.
        index: Box<Expr>,
    },
    /// `low:high:step`.
    Slice(Vec<Option<Expr>>),
    /// A call. `new T(x)` has `is_new`. Methods have a [`ExprKind::Member`] as callee.
    Call {
        /// What is called.
        callee: Box<Expr>,
        /// The arguments in order.
        arguments: Vec<Argument>,
        /// Whether it makes an object with `new`.
        is_new: bool,
    },
    /// `left operator right`. Chained comparisons are lowered to `and`.
    Binary {
        /// The operator.
        operator: Operator,
        /// The left side.
        left: Box<Expr>,
        /// The right side.
        right: Box<Expr>,
    },
    /// `operator value`.
    Unary {
        /// The operator.
        operator: UnaryOperator,
        /// The value.
        value: Box<Expr>,
    },
    /// `test ? then : otherwise`, `then if test else otherwise`.
    Conditional {
        /// The condition.
        test: Box<Expr>,
        /// Its value when the condition holds.
        then: Box<Expr>,
        /// Its value when not.
        otherwise: Box<Expr>,
    },
    /// Text with values in it: f-string, template literal, interpolated string.
    Template(Vec<TemplatePart>),
    /// A template literal with a function before it: `` sql`select ${x}` ``.
    Tagged {
        /// The function.
        tag: Box<Expr>,
        /// The text, always a [`ExprKind::Template`].
        template: Box<Expr>,
    },
    /// A list, array, tuple, set or pattern of one. Spread elements are [`ExprKind::Spread`].
    List {
        /// The elements.
        elements: Vec<Expr>,
        /// Which kind.
        kind: ListKind,
    },
    /// A map, dictionary, object literal, struct literal, or pattern of one.
    Map(Vec<Entry>),
    /// `target = value`, also as part of a pattern: a default. With an operator `target op= value`.
    Assign {
        /// Where it goes: a name, member, index, or a list or map of these.
        target: Box<Expr>,
        /// The operator of `+=`.
        operator: Option<Operator>,
        /// The value.
        value: Box<Expr>,
    },
    /// A function as a value.
    Function(Box<Function>),
    /// A class as a value.
    Class(Box<Class>),
    /// `[element for target in over if test]`, and lazy ones.
    Comprehension {
        /// What each turn gives. A dictionary's is a list of key and value.
        element: Box<Expr>,
        /// The loops and conditions, outermost first.
        clauses: Vec<Clause>,
        /// What comes out.
        kind: ComprehensionKind,
    },
    /// `await value`.
    Await(Box<Expr>),
    /// `yield value`, `yield from value`.
    Yield(Option<Box<Expr>>),
    /// `*value`, `...value`, `**value`.
    Spread(Box<Expr>),
    /// `value as T`, `(T) value`, `value!`.
    Cast {
        /// The value.
        value: Box<Expr>,
        /// The type, when one is written.
        to: Option<Box<Expr>>,
    },
    /// An element of HTML, JSX or a component.
    Element(Box<Element>),
    /// A command in backticks or `%x( )`: a shell runs it.
    Command(Box<Expr>),
    /// An expression that is not modelled, around its parts in their order.
    Opaque(Vec<Expr>),
}

/// A constant.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    /// Text, escapes resolved. Adjacent Python literals are joined.
    Text(Arc<str>),
    /// Bytes; what is not ASCII is `\xNN` resolved to a character of that number.
    Bytes(Arc<str>),
    /// A whole number.
    Integer(i64),
    /// Another number, as written.
    Number(Arc<str>),
    /// `true`, `false`.
    Bool(bool),
    /// `None`, `null`, `nil`, `undefined`.
    Null,
    /// A regular expression: its pattern as written.
    Regex(Arc<str>),
}

/// A part of a [`ExprKind::Template`].
#[derive(Debug, Clone)]
pub enum TemplatePart {
    /// Text, escapes resolved.
    Text(Arc<str>),
    /// A value.
    Value(Expr),
}

/// An argument of a call.
#[derive(Debug, Clone)]
pub struct Argument {
    /// Its name, when given by name.
    pub name: Option<Name>,
    /// Its value; `*args` is a [`ExprKind::Spread`].
    pub value: Expr,
}

/// An entry of a [`ExprKind::Map`].
#[derive(Debug, Clone)]
pub struct Entry {
    /// The key. A plain JavaScript key is a text literal; a spread has none.
    pub key: Option<Expr>,
    /// The value; `...other` is a [`ExprKind::Spread`].
    pub value: Expr,
}

/// Kinds of [`ExprKind::List`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListKind {
    /// A list or array.
    List,
    /// A tuple, or several values side by side.
    Tuple,
    /// A set.
    Set,
}

/// A `for` or `if` of a comprehension.
#[derive(Debug, Clone)]
pub enum Clause {
    /// `for target in over`.
    For(Expr, Expr),
    /// `if test`.
    If(Expr),
}

/// What a comprehension gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ComprehensionKind {
    /// A list.
    List,
    /// A set.
    Set,
    /// A dictionary.
    Map,
    /// A generator.
    Lazy,
}

/// An element of HTML or JSX.
#[derive(Debug, Clone)]
pub struct Element {
    /// Its tag, as written: `div`, `Foo.Bar`; empty for a fragment.
    pub tag: Name,
    /// Its attributes in order.
    pub attributes: Vec<Attribute>,
    /// Elements, text literals and values between the tags.
    pub children: Vec<Expr>,
}

/// An attribute of an element.
#[derive(Debug, Clone)]
pub struct Attribute {
    /// Its name as written (`onClick`, `v-html`, `:href`); none for a spread.
    pub name: Option<Name>,
    /// Its value; none is "present".
    pub value: Option<Expr>,
    /// Its place.
    pub span: Span,
}

/// Operators between two values.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operator {
    /// `+`, and `.` of PHP as [`Operator::Concat`].
    Add,
    /// Joining texts: PHP's `.`.
    Concat,
    /// `-`.
    Subtract,
    /// `*`.
    Multiply,
    /// `/`.
    Divide,
    /// `//`.
    FloorDivide,
    /// `%`; with text on its left, formatting in Python and Ruby.
    Modulo,
    /// `**`.
    Power,
    /// `&`.
    BitAnd,
    /// `|`.
    BitOr,
    /// `^`.
    BitXor,
    /// `<<`.
    ShiftLeft,
    /// `>>`, `>>>`.
    ShiftRight,
    /// `and`, `&&`.
    And,
    /// `or`, `||`.
    Or,
    /// `??`, `?:`.
    Coalesce,
    /// `==`, `eq`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `===`, `is`.
    Identical,
    /// `!==`, `is not`.
    NotIdentical,
    /// `<`.
    Less,
    /// `<=`.
    LessEqual,
    /// `>`.
    Greater,
    /// `>=`.
    GreaterEqual,
    /// `in`.
    In,
    /// `not in`.
    NotIn,
    /// `instanceof`, `isa`.
    InstanceOf,
    /// `=~`.
    Match,
    /// `,` of C and JavaScript: the right value.
    Sequence,
    /// Any other.
    Other,
}

/// Operators before or after one value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOperator {
    /// `not`, `!`.
    Not,
    /// `-`.
    Negate,
    /// `+`: a number.
    Plus,
    /// `~`.
    BitNot,
    /// `typeof`.
    TypeOf,
    /// `++`, `--`: the value is assigned.
    Step,
    /// `&x`, `*x`, `x?` of Go, Rust and C#: the value itself.
    Reference,
    /// Any other: `void`.
    Other,
}
