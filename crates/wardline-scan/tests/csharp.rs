//! C# sources and the tree that each is lowered to.

use wardline_scan::{front, render};

/// Code, and its tree as `render` writes it (indented as here).
const ROWS: &[(&str, &str)] = &[
    ("var x = Request.Query[\"a\"];", "let x Request.Query[\"a\"]"),
    ("string a = \"b\\n\", c;", "let a string \"b\\n\"\nlet c string"),
    ("using (var f = Open(x)) { G(f); }", "with (call Open x) f\n  do (call G f)"),
    ("if (a) B(); else if (c) { D(); }", "if a\n  do (call B)\nelse\n  if c\n    do (call D)"),
    ("foreach (var x in xs) F(x);", "for-each x xs\n  do (call F x)"),
    (
        "for (var i = 0; i < 3; i++) F(i);",
        "for (Less i 3)\ninit\n  let i 0\nupdate (Step i)\n  do (call F i)",
    ),
    (
        "switch (a) { case \"x\": case \"y\": F(); break; default: G(); break; }",
        "switch a\ncase \"x\"\ncase \"y\"\n  do (call F)\n  break\ncase\n  do (call G)\n  break",
    ),
    (
        "try { A(); } catch (E e) { B(); } finally { C(); }",
        "try\n  do (call A)\ncatch E e\n  do (call B)\nfinally\n  do (call C)",
    ),
    (
        "if (!int.TryParse(s, out var n)) return;",
        "if (Not (Sequence (= n (call int.Parse s)) (call int.TryParse s n)))\n  return",
    ),
    ("if (x is string s) F(s);", "if (And (InstanceOf x string) (= s x))\n  do (call F s)"),
    ("var y = x is \"a\" or \"b\";", "let y (Or (Equal x \"a\") (Equal x \"b\"))"),
    (
        "var z = x switch { \"a\" => 1, null => 2, _ => 3 };",
        "let z (? (Equal x \"a\") 1 (? (Equal x null) 2 3))",
    ),
    ("var s = $\"a {b} {{c}} {d:x}\";", "let s (text \"a \" b \" \" \"{c} \" d)"),
    ("var v = @\"a \"\"b\"\" \\n\";", "let v \"a \\\"b\\\" \\\\n\""),
    ("a?.B?.C(1);", "do (call a.B.C 1)"),
    ("var l = new List<string> { \"a\", b };", "let l (List \"a\" b)"),
    (
        "var d = new Dictionary<string, string> { [\"a\"] = b, [\"c\"] = \"d\" };",
        "let d {\"a\": b, \"c\": \"d\"}",
    ),
    ("var p = new P(1) { A = b };", "let p (new P 1 A=b)"),
    ("SqlCommand c = new(q, x);", "let c SqlCommand (new SqlCommand q x)"),
    ("var q = from x in xs where x.A select x.B;", "let q (each List x.B (for x xs) (if x.A))"),
    ("xs.Where(x => x.A);", "do (call xs.Where (function x {\n  return x.A\n}))"),
    ("await F(a, name: b, ref c);", "do (await (call F a name=b (Reference c)))"),
    ("x = (int)y + z!;", "do (= x (Add (cast y int) (cast z)))"),
    ("var (a, b) = F();", "let (Tuple a b) (call F)"),
    (
        "namespace A.B { using C; class D : E { int f = 1; public string P => f + G(); D(int x) { this.f = x; } static int G() { return 2; } } }",
        "import C * as \nclass D E\n  let f int 1\n  @ property\n  function P\n    return (Add this.f (call D.G))\n  function constructor x:int\n    do (= this.f x)\n  static function G -> int\n    return 2",
    ),
    (
        "[ApiController] class C { [HttpGet(\"x\")] public string Get([FromQuery] string a, int b = 1) => a; }",
        "@ ApiController\nclass C\n  @ (call HttpGet \"x\")\n  @ action\n  function Get a:string@FromQuery b:int=1 -> string\n    return a",
    ),
    ("record R(string A, int B);", "class R\n  let A string\n  let B int"),
    ("class A { class B { } }", "class B\nclass A"),
    ("var r = a[1..2];", "let r a[1:2]"),
];

#[test]
fn csharp_is_lowered() {
    let mut wrong = Vec::new();
    for (source, tree) in ROWS {
        let found = render::module(&front::csharp::lower(source));
        if found.trim_end() != tree.trim_end() {
            wrong.push(format!("--- {source}\nexpected:\n{tree}\nfound:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn broken_and_deep_texts_are_told() {
    for source in ["class A {", "var x = = 1;", "void F( {"] {
        assert!(!front::csharp::lower(source).problems.is_empty(), "{source}");
    }
    let deep = format!("var x = {}1{};", "(".repeat(2_000), ")".repeat(2_000));
    assert!(
        front::csharp::lower(&deep).problems.iter().any(|problem| problem.what.contains("nested deeper"))
    );
    let wide = format!("var x = {};", vec!["\"a\""; 5_000].join(" + "));
    assert_eq!(front::csharp::lower(&wide).problems, []);
}
