//! Rust sources and the tree that each is lowered to.

use wardline_scan::{front, render};

/// Source, and its tree as `render` writes it (indented as here).
const ROWS: &[(&str, &str)] = &[
    // Items.
    ("use std::fs;", "import std fs as fs"),
    (
        "use a::b::{self, c as d, e::*, f::{g}};",
        "import a b as b\nimport a.b c as d\nimport a.b.e * as \nimport a.b.f g as g",
    ),
    ("use crate::x::Y;", "import crate.x Y as Y"),
    ("const A: &str = \"x\";", "const A str \"x\""),
    (
        "fn f(a: &str, mut b: Vec<u8>) -> String { g(a) }",
        "function f a:str b:Vec -> String\n  return (call g a)",
    ),
    ("impl T for A<'_> { fn f(&self) {} }", "class A T\n  function f self"),
    ("#[get(\"/x\")]\nasync fn f(q: Query<Q>) {}", "@ (call get \"/x\")\nasync function f q:Query"),
    ("mod m { fn f() {} }", "block\n  function f"),
    // Statements.
    ("fn f() { let x = 1; x }", "function f\n  const x 1\n  return x"),
    (
        "fn f() { if a { b } else if c { d } else { e } }",
        "function f\n  if a\n    return b\n  else\n    if c\n      return d\n    else\n      return e",
    ),
    ("fn f() { if a { b(); } c() }", "function f\n  if a\n    do (call b)\n  return (call c)"),
    (
        "fn f() { match a { Some(x) if y => x, A | B => { c(); d } _ => return 1, } }",
        "function f\n  switch a\n  case x y\n    return x\n  case A B\n    do (call c)\n    return d\n  case\n    return 1",
    ),
    (
        "fn f() { for (i, x) in y.iter() { z += x; } }",
        "function f\n  for-each (Tuple i x) (call y.iter)\n    do (Add= z x)",
    ),
    (
        "fn f() { while let Some(x) = y.next() { z(x) } }",
        "function f\n  while (= x (call y.next))\n    do (call z x)",
    ),
    // Expressions.
    ("fn f() { std::fs::read(&p)?; }", "function f\n  do (Reference (call std.fs.read (Reference p)))"),
    ("fn f() { a.b::<C>(d).await }", "function f\n  return (await (call a.b d))"),
    ("fn f() { let x = if a { b } else { c }; }", "function f\n  const x (? a b c)"),
    ("fn f() { A { b: c, d, ..e } }", "function f\n  return (new A {\"b\": c, \"d\": d, (spread e)})"),
    ("fn f() { g(|x| x + 1) }", "function f\n  return (call g (function x {\n    return (Add x 1)\n  }))"),
    ("fn f() { a[1] = b as u8; }", "function f\n  do (= a[1] (cast b u8))"),
    (
        "fn f() { (1_000u32, 0xff, -1, 1.5, 'a', b\"x\", \"a\\n\\u{e9}\", r#\"b\"c\"#, true, ()) }",
        "function f\n  return (Tuple 1000 255 (Negate 1) 1.5 \"a\" b\"x\" \"a\\né\" \"b\\\"c\" true (Tuple))",
    ),
    // Macros.
    (
        "fn f() { format!(\"select {} {x:?} {{}} {y}\", a.b(), y = c) }",
        "function f\n  return (text \"select \" (call a.b) \" \" x \" {} \" c)",
    ),
    ("fn f() { println!(\"{a}\"); }", "function f\n  do (call println! (text a))"),
    (
        "fn f() { sqlx::query!(\"select\", x).fetch(db) }",
        "function f\n  return (call (call sqlx.query! \"select\" x).fetch db)",
    ),
    ("fn f() { vec![a, b] }", "function f\n  return (List a b)"),
    ("fn f() { m! { a => b } }", "function f\n  return (call m!)"),
];

#[test]
fn rust_is_lowered() {
    let mut wrong = Vec::new();
    for (source, tree) in ROWS {
        let found = render::module(&front::rust::lower(source));
        if found.trim_end() != tree.trim_end() {
            wrong.push(format!("--- {source}\nexpected:\n{tree}\nfound:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_value_in_a_macro_has_its_place() {
    let source = "fn f() { query(&format!(\"select {}\", name)); }";
    let module = front::rust::lower(source);
    let text = format!("{module:?}");
    let at = u32::try_from(source.rfind("name").unwrap()).unwrap();
    assert!(
        text.contains(&format!("Span {{ start: {at}, end: {} }}, kind: Name(\"name\")", at + 4)),
        "{text}"
    );
}

#[test]
fn broken_and_deep_texts_are_told() {
    for source in ["fn f( {", "let = ;", "fn f() { x = = 1; }"] {
        assert!(!front::rust::lower(source).problems.is_empty(), "{source}");
    }
    let deep = format!("fn f() {{ {}1{}; }}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(front::rust::lower(&deep).problems.iter().any(|problem| problem.what.contains("nested deeper")));
    let macros = format!("fn f() {{ {}1{}; }}", "a!(".repeat(300), ")".repeat(300));
    assert!(
        front::rust::lower(&macros).problems.iter().any(|problem| problem.what.contains("nested deeper"))
    );
}

/// The sources of this workspace are read without a problem.
#[test]
fn the_sources_of_this_crate_are_read() {
    let mut directories = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    let mut read = 0;
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                directories.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let module = front::rust::lower(&std::fs::read_to_string(&path).unwrap());
                assert_eq!(module.problems, [], "{}", path.display());
                read += 1;
            }
        }
    }
    assert!(read > 10, "{read}");
}
