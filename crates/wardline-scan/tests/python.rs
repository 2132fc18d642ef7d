//! Python sources and the tree that each is lowered to.

use wardline_scan::{front, render};

/// Source, and its tree as `render` writes it (indented as here).
const ROWS: &[(&str, &str)] = &[
    // Statements.
    ("x = y = 1", "do (= x (= y 1))"),
    ("x: int = 3\ny: str", "declare x int 3\ndeclare y str"),
    ("x += a[1:2, ::3]", "do (Add= x a[(Tuple 1:2 ::3)])"),
    ("a, *b = c", "do (= (Tuple a (spread b)) c)"),
    ("x,", "do (Tuple x)"),
    ("pass", ""),
    ("return", "return"),
    ("return 1, 2", "return (Tuple 1 2)"),
    ("raise E(x) from y", "do y\nthrow (call E x)"),
    ("del a.b, c[0]", "delete a.b c[0]"),
    ("assert x, 'no'", "if (Not x)\n  throw (call AssertionError \"no\")"),
    ("def f():\n  global a, b\n  nonlocal c", "function f\n  global a b\n  global c"),
    ("if a: b\nelif c: d\nelse: e", "if a\n  do b\nelse\n  if c\n    do d\n  else\n    do e"),
    ("while a:\n  break\nelse:\n  c", "while a\n  break\nelse\n  do c"),
    ("for a, b in c, d:\n  continue", "for-each (Tuple a b) (Tuple c d)\n  continue"),
    ("async def f():\n  async for x in y: z", "async function f\n  for-each x y\n    do z"),
    (
        "try: a\nexcept (B, C) as d: e\nexcept D: f\nexcept: g\nelse: h\nfinally: i",
        "try\n  do a\ncatch B C d\n  do e\ncatch D\n  do f\ncatch\n  do g\nelse\n  do h\nfinally\n  do i",
    ),
    ("try: a\nexcept* B as c: d", "try\n  do a\ncatch B c\n  do d"),
    ("with a as b, c(): d", "with a b (call c)\n  do d"),
    ("with (a as b, c as d):\n  e", "with a b c d\n  do e"),
    ("type A[T] = list[T]", "declare A[T] list[T]"),
    // Imports.
    ("import a.b, c as d", "import a  as a\nimport a.b  as \nimport c  as d"),
    ("from ..a.b import (c as d, e)", "import ..a.b c as d\nimport ..a.b e as e"),
    ("from . import *", "import . * as "),
    ("from __future__ import annotations", "import __future__ annotations as annotations"),
    // Functions and classes.
    (
        "@app.route('/x', methods=['GET'])\ndef f(a, /, b: int, *c, d=1, **e) -> str:\n  yield a",
        "@ (call app.route \"/x\" methods=(List \"GET\"))\n\
         generator function f a b:int rest:c named:d=1 named-rest:e -> str\n  do (yield a)",
    ),
    ("def f(a, *, b: int = 2): ...", "function f a named:b:int=2\n  do ..."),
    ("def f[T](x: list[T] | None): pass", "function f x:(BitOr list[T] null)"),
    ("def f():\n  yield from g()", "generator function f\n  do (yield (spread (call g)))"),
    ("f = lambda x, *y: x + 1", "do (= f (function x rest:y {\n  return (Add x 1)\n}))"),
    (
        "class A(B, metaclass=M):\n  x = 1\n  @staticmethod\n  def f(): pass",
        "class A B (opaque M)\n  do (= x 1)\n  @ staticmethod\n  static function f",
    ),
    // Expressions.
    ("f(*a, b=c, **d)", "do (call f (spread a) b=c (spread d))"),
    ("f(x for x in y if z)", "do (call f (each Lazy x (for x y) (if z)))"),
    ("[a for b in c for a in b]", "do (each List a (for b c) (for a b))"),
    ("{k: v for k, v in m}", "do (each Map (Tuple k v) (for (Tuple k v) m))"),
    ("{1, 2}", "do (Set 1 2)"),
    ("{'a': 1, **b}", "do {\"a\": 1, (spread b)}"),
    ("()", "do (Tuple)"),
    ("((a))", "do a"),
    ("a.b().c[d]", "do (call a.b).c[d]"),
    ("a if b else c", "do (? b a c)"),
    ("not a and b or c", "do (Or (And (Not a) b) c)"),
    ("a < b <= c", "do (And (Less a b) (LessEqual b c))"),
    ("a is not b", "do (NotIdentical a b)"),
    ("a not  in b", "do (NotIn a b)"),
    ("-a ** ~b", "do (Negate (Power a (BitNot b)))"),
    ("a // b % c @ d", "do (Other (Modulo (FloorDivide a b) c) d)"),
    ("if (n := f()) > 1: n", "if (Greater (= n (call f)) 1)\n  do n"),
    ("async def f(): return await g()", "async function f\n  return (await (call g))"),
    ("print(x)", "do (call print x)"),
    // Literals.
    ("0x_ff, 1_000, 0b11, 0o17, 1.5e3, 2j", "do (Tuple 255 1000 3 15 1.5e3 2j)"),
    ("99999999999999999999", "do 99999999999999999999"),
    ("True, False, None, ...", "do (Tuple true false null ...)"),
    (r#"'a\n\x41\u00e9\101\q\'' "b" r'\n'"#, r#"do "a\nAéA\\q'b\\n""#),
    (r"b'\xff\n'", r#"do b"ÿ\n""#),
    ("'''a\nb'''", "do \"a\\nb\""),
    ("'a\\\nb'", "do \"ab\""),
    ("''", "do \"\""),
    ("f'a{b}c{{d}}' 'e'", "do (text \"a\" b \"c{d}e\")"),
    ("f'{d['k']} {f\"{x}\"}'", "do (text d[\"k\"] \" \" (text x))"),
    ("f'{x!r:>{w}}{y=}'", "do (text (opaque x w) \"y=\" y)"),
    ("rf'\\d{x}'", "do (text \"\\\\d\" x)"),
    // Patterns.
    (
        "match x:\n  case 1 | 'a': b\n  case Point(c, y=-1) if d: e\n  case [f, *_]: g\n  case {'k': v, **r}: h\n  \
         case A.B as i: j\n  case _: k",
        "switch x\ncase 1 \"a\"\n  do b\ncase (call Point c y=(Negate 1)) d\n  do e\n\
         case (List f (spread _))\n  do g\ncase {\"k\": v}\n  do h\ncase (= i A.B)\n  do j\ncase\n  do k",
    ),
];

#[test]
fn python_is_lowered() {
    let mut wrong = Vec::new();
    for (source, tree) in ROWS {
        let found = render::module(&front::python::lower(source));
        if found.trim_end() != tree.trim_end() {
            wrong.push(format!("--- {source}\nexpected:\n{tree}\nfound:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_cannot_be_read_is_a_problem() {
    let rows = [
        ("def f(:\n  pass\n", "missing `)`"),
        ("x = = 1\n", "syntax error"),
        ("x = (1\n", ""),
        ("print 'x'\n", "`print` statement of Python 2"),
        ("if a <> b: pass\n", "`<>` of Python 2"),
    ];
    for (source, what) in rows {
        let module = front::python::lower(source);
        assert!(
            module.problems.iter().any(|problem| problem.what.contains(what)),
            "{source}: {:?}",
            module.problems
        );
    }
}

#[test]
fn calls_in_broken_text_are_still_in_the_tree() {
    for source in [
        "def f(:\n  os.system(x)\n",
        "x = = 1\nos.system(x)\n",
        "class :\n  def g(self):\n    os.system(x)\n",
    ] {
        let text = render::module(&front::python::lower(source));
        assert!(text.contains("os.system"), "{source}\n{text}");
    }
}

#[test]
fn nesting_and_length_are_bounded() {
    let deep = [
        format!("x = {}1{}", "[".repeat(5_000), "]".repeat(5_000)),
        format!("x = {}1", "not ".repeat(5_000)),
        format!("x{}", ".a()".repeat(5_000)),
        (0..300).map(|depth| format!("{}if a:\n", " ".repeat(depth))).collect::<String>()
            + &" ".repeat(300)
            + "b",
        "if a: b\n".to_owned() + &"elif c: d\n".repeat(2_000),
        format!("match x:\n  case {}: y\n", vec!["a"; 2_000].join(".")),
    ];
    for source in deep {
        let module = front::python::lower(&source);
        let start: String = source.chars().take(20).collect();
        assert!(
            module.problems.iter().any(|problem| problem.what.contains("nested deeper"))
                || start.starts_with("match"),
            "{start}"
        );
    }
    for wide in [
        format!("x = {}", vec!["'a'"; 5_000].join(" + ")),
        format!("x = {}", vec!["a"; 5_000].join(" < ")),
        format!("x = {}", vec!["a"; 5_000].join(" or ")),
    ] {
        let module = front::python::lower(&wide);
        assert!(module.problems.is_empty(), "{:?}", module.problems);
    }
}
