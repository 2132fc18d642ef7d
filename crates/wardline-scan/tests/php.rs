//! PHP sources and the tree that each is lowered to.

use wardline_scan::{front, render};

/// Code after `<?php `, and its tree as `render` writes it (indented as here).
const ROWS: &[(&str, &str)] = &[
    // Statements.
    ("$x = $_GET['a'];", "do (= x _GET[\"a\"])"),
    ("echo $a, 'b';", "do (call echo a \"b\")"),
    ("print $a;", "do (call print a)"),
    (
        "if ($a) b(); elseif ($c) { d(); } else e();",
        "if a\n  do (call b)\nelse\n  if c\n    do (call d)\n  else\n    do (call e)",
    ),
    ("if ($a): b(); endif;", "if a\n  do (call b)"),
    ("while ($a) { break; }", "while a\n  break"),
    (
        "for ($i = 0; $i < 3; $i++) f($i);",
        "for (Less i 3)\ninit\n  do (= i 0)\nupdate (Step i)\n  do (call f i)",
    ),
    ("foreach ($a as $k => $v) { f($v); }", "for-each (Tuple k v) a\n  do (call f v)"),
    ("foreach ($a as $v) f($v);", "for-each v a\n  do (call f v)"),
    (
        "try { a(); } catch (E | F $e) { b(); } finally { c(); }",
        "try\n  do (call a)\ncatch E F e\n  do (call b)\nfinally\n  do (call c)",
    ),
    (
        "switch ($a) { case 1: b(); break; default: c(); }",
        "switch a\ncase 1\n  do (call b)\n  break\ncase\n  do (call c)",
    ),
    ("global $a; unset($b);", "global a\ndelete b"),
    ("throw new E('x');", "throw (new E \"x\")"),
    ("use App\\Db as D; use A\\{B, C};", "import App Db as D\nimport A B as B\nimport A C as C"),
    // Functions and classes.
    (
        "function f(string $a, ?int $b = 1, ...$c): int { return $a; }",
        "function f a:string b:?int=1 rest:c -> int\n  return a",
    ),
    (
        "class A extends B implements C { private $x = 1; const Y = 2; static function f() {} }",
        "class A B C\n  declare x 1\n  const Y 2\n  static function f",
    ),
    ("$f = fn($x) => $x + 1;", "do (= f (function x {\n  return (Add x 1)\n}))"),
    ("$f = function ($x) use ($y) { return $y; };", "do (= f (function x {\n  return y\n}))"),
    // Expressions.
    (
        "$db->query(\"select $a {$b['c']} $d->e\");",
        "do (call db.query (text \"select \" a \" \" b[\"c\"] \" \" d.e))",
    ),
    ("A\\B::c($x, name: $y);", "do (call A.B.c x name=y)"),
    ("$this->a->b()->c;", "do (call this.a.b).c"),
    ("A::$b; A::C;", "do A.b\ndo A.C"),
    ("`ls $x`;", "do (call shell_exec (text \"ls \" x))"),
    ("include $x . '.php';", "do (call include (Concat x \".php\"))"),
    ("$x .= 'a';", "do (Concat= x \"a\")"),
    ("$a ?: $b; $a ?? $b; $a ? $b : $c;", "do (Coalesce a b)\ndo (Coalesce a b)\ndo (? a b c)"),
    ("(int) $x;", "do (cast x int)"),
    ("[1, 'a' => $b, ...$c];", "do {1, \"a\": b, (spread c)}"),
    ("[$a, $b] = f();", "do (= (List a b) (call f))"),
    ("'a\\'b\\n' . \"a\\n\\x41\";", "do (Concat \"a'b\\\\n\" \"a\\nA\")"),
    (
        "$x = match ($a) { 1, 2 => 'b', default => c() };",
        "do (= x (? (Or (Identical a 1) (Identical a 2)) \"b\" (call c)))",
    ),
    ("@f(...$a);", "do (Reference (call f (spread a)))"),
];

#[test]
fn php_is_lowered() {
    let mut wrong = Vec::new();
    for (source, tree) in ROWS {
        let found = render::module(&front::php::lower(&format!("<?php {source}")));
        if found.trim_end() != tree.trim_end() {
            wrong.push(format!("--- {source}\nexpected:\n{tree}\nfound:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn templates_are_code_between_text() {
    let source = "<p><?= $name ?></p><?php if ($a): ?><b><?= f($b) ?></b><?php endif ?>";
    let found = render::module(&front::php::lower(source));
    assert_eq!(found, "do (call echo name)\nif a\n  do (call echo (call f b))\n");
    assert_eq!(render::module(&front::php::lower("just text")), "");
}

#[test]
fn broken_and_deep_texts_are_told() {
    for source in ["<?php function f( {", "<?php $x = = 1;"] {
        assert!(!front::php::lower(source).problems.is_empty(), "{source}");
    }
    let deep = format!("<?php $x = {}1{};", "(".repeat(5_000), ")".repeat(5_000));
    assert!(front::php::lower(&deep).problems.iter().any(|problem| problem.what.contains("nested deeper")));
    let wide = format!("<?php $x = {};", vec!["'a'"; 5_000].join(" . "));
    assert_eq!(front::php::lower(&wide).problems, []);
}
