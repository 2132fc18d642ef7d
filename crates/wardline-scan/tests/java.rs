//! Java sources and the tree that each is lowered to.

use wardline_scan::{front, render};

/// Java, and its tree as `render` writes it.
const ROWS: &[(&str, &str)] = &[
    (
        "package a.b; import java.sql.Connection; import static a.B.c; import java.util.*; import static x.Y.*;",
        "import java.sql.Connection  as Connection\nimport a.B c as c\nimport java.util * as \nimport x.Y * as",
    ),
    (
        "@WebServlet(value = \"/x\", n = {1, 2}) public class A extends B<C> implements D, e.F { private static final String S = \"a\\tb\"; int[] x, y = {1}; static { go(); } A(int a) { super(a); this.x = a; } @Override public String m(@RequestParam(\"q\") final String q, Map<String, List<X>> m, Object... r) throws E { return q; } abstract void n(); }",
        "@ (call WebServlet value=\"/x\" n=(List 1 2))\nclass A B[C] D e.F\n  const S String \"a\\tb\"\n  let x Array[int]\n  let y Array[int] (List 1)\n  block\n    do (call go)\n  function constructor a:int\n    do (call super a)\n    do (= this.x a)\n  @ Override\n  function m q:String@(call RequestParam \"q\") m:Map[(Tuple String List[X])] rest:r:Object -> String\n    return q\n  function n -> void",
    ),
    (
        "enum K { ONE(\"a\"), TWO; final String s; K(String s) { this.s = s; } } record R(String a, int b) { R { check(a); } } interface I { int N = 0x1F; default int f() { return N; } }",
        "class K\n  const ONE (new enum \"ONE\" \"a\")\n  const TWO (new enum \"TWO\")\n  const s String\n  function constructor s:String\n    do (= this.s s)\nclass R\n  const a String\n  const b int\n  function constructor\n    do (call check a)\nclass I\n  const N int 31\n  function f -> int\n    return N",
    ),
    (
        "class A { void f() { int a = 1, b; for (int i = 0; i < 3; i++) { continue; } for (String s : xs) g(s); while (a) break; do { h(); } while (b); x: for (;;) {} } }",
        "class A\n  function f -> void\n    let a int 1\n    let b int\n    for (Less i 3)\n    init\n      let i int 0\n    update (Step i)\n      continue\n    for-each s xs\n      do (call g s)\n    while a\n      break\n    do-while b\n      do (call h)\n    for\n    update",
    ),
    (
        "class A { void f() { try (Connection c = open(); d) { a(); } catch (E | java.io.F e) { b(); } finally { c(); } synchronized (this) { d(); } throw new X(\"m\"); } }",
        "class A\n  function f -> void\n    try\n      with (call open) c d\n        do (call a)\n    catch E java.io.F e\n      do (call b)\n    finally\n      do (call c)\n    with this\n      do (call d)\n    throw (new X \"m\")",
    ),
    (
        "class A { Object f(Object o) { if (o instanceof String s && s.isEmpty()) return null; else if (!(o instanceof Y)) { } switch (x) { case 1: case 2: a(); break; default: b(); } switch (x) { case A, B -> c(); default -> { d(); } } String v = switch (x) { case \"a\" -> \"1\"; case \"b\", \"c\" -> { yield y; } default -> z; }; return v; } }",
        "class A\n  function f o:Object -> Object\n    if (And (And (InstanceOf o String) (= s o)) (call s.isEmpty))\n      return null\n    else\n      if (Not (InstanceOf o Y))\n    switch x\n    case 1\n    case 2\n      do (call a)\n      break\n    case\n      do (call b)\n    switch x\n    case A B\n      do (call c)\n    case\n      do (call d)\n    let v String (? (Equal x \"a\") \"1\" (? (Or (Equal x \"b\") (Equal x \"c\")) y z))\n    return v",
    ),
    (
        "class A { void f() { run(x -> x + 1, (a, b) -> { return a; }, (int c) -> c, String::valueOf, Foo::new); new Thread() { public void run() { go(); } }.start(); byte[] b = new byte[n]; String[] s = new String[] {\"a\", p}; s[0] = (String) q; char c = 'x'; long l = 1_0L; a.b.C.d().e; } }",
        "class A\n  function f -> void\n    do (call run (function x {\n      return (Add x 1)\n    }) (function a b {\n      return a\n    }) (function c:int {\n      return c\n    }) String.valueOf Foo.new)\n    do (call (opaque (new Thread) (\n      class _ Thread\n        function run -> void\n          do (call go)\n    )).start)\n    let b Array[byte] (new byte n)\n    let s Array[String] (List \"a\" p)\n    do (= s[0] (cast q String))\n    let c char \"x\"\n    let l long 10\n    do (call a.b.C.d).e",
    ),
    (
        "class A { String t = \"\"\"\n    hello\n      \"x\"\n    \"\"\"; Class<?> k = A.class; int i = c ? 1 : -2; boolean z = !true | 'a' == '\\n'; { i += 2; i++; --i; } }",
        "class A\n  let t String \"hello\\n  \\\"x\\\"\\n\"\n  let k Class[(opaque)] A.class\n  let i int (? c 1 (Negate 2))\n  let z boolean (BitOr (Not true) (Equal \"a\" \"\\n\"))\n  block\n    do (Add= i 2)\n    do (Step i)\n    do (Step i)",
    ),
];

#[test]
fn each_construct_becomes_its_tree() {
    for (source, expected) in ROWS {
        assert_eq!(render::module(&front::java::lower(source)).trim_end(), *expected, "{source}");
    }
}

#[test]
fn broken_texts_of_every_length_are_read() {
    for (source, _) in ROWS {
        for end in (0..source.len()).filter(|end| source.is_char_boundary(*end)) {
            front::java::lower(source.get(..end).unwrap());
        }
    }
    let module = front::java::lower("class A { void f( { g(x); } }");
    assert!(!module.problems.is_empty());
    assert!(render::module(&module).contains("(call g x)"));
}

#[test]
fn nesting_is_bounded_and_long_chains_are_not_deep() {
    for part in ["(", "f(", "!", "x -> ", "a ? b : ", "new int[] {"] {
        let module = front::java::lower(&format!("class A {{ Object x = {}; }}", part.repeat(4_000)));
        assert!(!module.problems.is_empty(), "{part}");
    }
    let long = format!("class A {{ String s = {}; }}", vec!["\"a\" + b"; 3_000].join(" + "));
    assert_eq!(front::java::lower(&long).problems, []);
}
