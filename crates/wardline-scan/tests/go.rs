//! Go sources and the tree that each is lowered to.

use std::collections::BTreeMap;

use wardline_scan::{finding::Severity, front, render, scan::Scanner, span::Lines};

/// Code, and its tree as `render` writes it.
const ROWS: &[(&str, &str)] = &[
    // Declarations.
    (
        "package p\nimport (\n\tsq \"database/sql\"\n\t\"github.com/labstack/echo/v4\"\n\t. \"fmt\"\n)",
        "import database/sql  as sq\nimport github.com/labstack/echo/v4  as echo\nimport fmt * as ",
    ),
    (
        "func f(a, b string, c ...int) (int, error) { return 1, nil }",
        "function f a:string b:string rest:c:int -> (Tuple int error)\n  return (Tuple 1 null)",
    ),
    (
        "func f() (n int, err error) { n = 1; return }",
        "function f -> (Tuple int error)\n  let n (opaque)\n  let err (opaque)\n  do (= n 1)\n  return (Tuple n err)",
    ),
    (
        "type T struct {\n\ta, B string `json:\"b\"`\n\t*U\n}\nfunc (t *T) Get() string { return t.a }",
        "class T\n  @ \"json:\\\"b\\\"\"\n  let a string\n  @ \"json:\\\"b\\\"\"\n  let B string\n  let U U\n  function Get -> string\n    return this.a",
    ),
    ("const (\n\ta = iota\n\tb = iota\n)\nvar x, y = 1, \"s\"", "const a 0\nconst b 1\nlet x 1\nlet y \"s\""),
    ("func Map[K comparable](m Set[K]) {}", "function Map m:Set"),
    (
        "func (s *T) F() { g(func() { s.h() }); s.i() }",
        "class T\n  function F\n    let s this\n    do (call g (function {\n      do (call s.h)\n    }))\n    do (call this.i)",
    ),
    // Statements.
    (
        "a, err := f(); b = 2; b += 3; *p = 4; p.q++",
        "let (Tuple a err) (call f)\ndo (= b 2)\ndo (Add= b 3)\ndo (= p 4)\ndo (Step p.q)",
    ),
    (
        "if v, ok := m[k]; ok { f(v) } else if w { g() } else { h() }",
        "block\n  let (Tuple v ok) (Tuple m[k] (opaque))\n  if ok\n    do (call f v)\n  else\n    if w\n      do (call g)\n    else\n      do (call h)",
    ),
    (
        "for { break }; for a { continue }; for i := 0; i < 3; i++ { f(i) }",
        "for\nupdate\n  break\nwhile a\n  continue\nfor (Less i 3)\ninit\n  let i 0\nupdate (Step i)\n  do (call f i)",
    ),
    (
        "for i, v := range xs { f(i, v) }; for k := range m { f(k) }; for range n { g() }",
        "for-each v xs\n  let i (call keyof xs)\n  do (call f i v)\nfor-keys k m\n  do (call f k)\nfor-keys (opaque) n\n  do (call g)",
    ),
    (
        "switch x := f(); x {\ncase 1, 2:\n\ta()\n\tfallthrough\ndefault:\n\tb()\n}",
        "block\n  let x (call f)\n  switch x\n  case 1 2\n    do (call a)\n  case\n    do (call b)",
    ),
    (
        "switch {\ncase a:\n\tf()\ncase b, c:\n\tg()\ndefault:\n\th()\n}",
        "if a\n  do (call f)\nelse\n  if (Or b c)\n    do (call g)\n  else\n    do (call h)",
    ),
    (
        "switch v := x.(type) {\ncase string:\n\tf(v)\n}",
        "block\n  let v x\n  switch (opaque)\n  case string\n    do (call f v)",
    ),
    (
        "select {\ncase v := <-c:\n\tf(v)\ncase d <- 1:\ndefault:\n\tg()\n}",
        "switch (opaque)\ncase (opaque)\n  let v (Reference c)\n  do (call f v)\ncase (opaque)\n  do (call d.push 1)\ncase\n  do (call g)",
    ),
    ("L:\nfor {\n\tgoto L\n}\ndefer f()\ngo g()", "for\nupdate\ndo (call f)\ndo (call g)"),
    // Expressions.
    (
        "x := &T{A: 1, B: []string{\"a\"}}; y := map[string]int{\"k\": 2}; z := []T{{A: 1}}",
        "let x (Reference (new T A=1 B=(List \"a\")))\nlet y {\"k\": 2}\nlet z (List (new T A=1))",
    ),
    (
        "a := string(b); c := []byte(d); e := f.(T); g := os.Open(h)",
        "let a (cast b string)\nlet c (cast d Array[byte])\nlet e (cast f T)\nlet g (call os.Open h)",
    ),
    (
        "a := \"x\\n\\x41\\u00e9\"; b := `r\\n`; c := 'q'; d := 0x1f; e := 1_000; f := 1.5",
        "let a \"x\\nAé\"\nlet b \"r\\\\n\"\nlet c \"q\"\nlet d 31\nlet e 1000\nlet f 1.5",
    ),
    (
        "a := s[1:]; b := s[:n:m]; c := f(xs...); d := !e && -g < h",
        "let a s[1:]\nlet b s[:n]\nlet c (call f (spread xs))\nlet d (And (Not e) (Less (Negate g) h))",
    ),
    ("f := func(x int) int { return x }", "let f (function x:int -> int {\n  return x\n})"),
];

#[test]
fn go_is_lowered() {
    let mut wrong = Vec::new();
    for (source, tree) in ROWS {
        let lowered = front::go::lower(source);
        assert_eq!(lowered.problems, [], "{source}");
        let found = render::module(&lowered);
        if found.trim_end() != tree.trim_end() {
            wrong.push(format!("--- {source}\nexpected:\n{tree}\nfound:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn broken_and_deep_texts_are_told() {
    for source in ["func f( {", "x = = 1"] {
        assert!(!front::go::lower(source).problems.is_empty(), "{source}");
    }
    let deep = format!("x := {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(front::go::lower(&deep).problems.iter().any(|problem| problem.what.contains("nested deeper")));
    let wide = format!("x := {}", vec!["\"a\""; 5_000].join(" + "));
    assert_eq!(front::go::lower(&wide).problems, []);
}

/// A package of several files: the calls and, by file, what they call.
const HANDLERS: &str = r#"package shop

import ("database/sql"; "net/http")

func list(w http.ResponseWriter, r *http.Request, db *sql.DB) {
	find(db, r.FormValue("name"))
	findOther(db, r.FormValue("name"))
	find(db, number(r.FormValue("id")))
	db.Query("SELECT * FROM items WHERE name = '" + given(r) + "'")
	db.Query("SELECT * FROM " + table)
}
"#;

const STORE: &str = r#"package shop

import ("database/sql"; "net/http"; "strconv")

const table = "items"

func find(db *sql.DB, name string) (*sql.Rows, error) {
	return db.Query("SELECT * FROM items WHERE name = '" + name + "'")
}

func findOther(db *sql.DB, name string) (*sql.Rows, error) {
	return db.Query("SELECT * FROM items WHERE name = $1", name)
}

func given(r *http.Request) string { return r.URL.Query().Get("name") }

func number(text string) string {
	id, err := strconv.Atoi(text)
	if err != nil {
		return "0"
	}
	return strconv.Itoa(id)
}
"#;

/// Files with their texts, and where something blocks.
type Package<'t> = (&'t str, &'t [(&'t str, &'t str)], &'t [(&'t str, u32)]);

#[test]
fn functions_of_other_files_of_a_package_are_followed() {
    let fixed = STORE.replace("name = '\" + name + \"'\")", "name = $1\", name)");
    let rows: [Package<'_>; 4] = [
        (
            "one package",
            &[("shop/handlers.go", HANDLERS), ("shop/store.go", STORE)],
            &[("shop/handlers.go", 9), ("shop/store.go", 8)],
        ),
        (
            "its store mended",
            &[("shop/handlers.go", HANDLERS), ("shop/store.go", &fixed)],
            &[("shop/handlers.go", 9)],
        ),
        ("another directory", &[("shop/handlers.go", HANDLERS), ("other/store.go", STORE)], &[]),
        (
            "back again",
            &[("shop/handlers.go", HANDLERS), ("shop/store.go", STORE)],
            &[("shop/handlers.go", 9), ("shop/store.go", 8)],
        ),
    ];
    // With a memory, what was true of the files before is not told of those that there are now.
    for scanner in [Scanner::new(), Scanner::new().remembering()] {
        for (name, files, wanted) in rows {
            let texts: BTreeMap<String, String> =
                files.iter().map(|(path, text)| ((*path).to_owned(), (*text).to_owned())).collect();
            let scan = scanner.scan(&texts, &|_| None);
            let blocking = scan.findings.iter().filter(|finding| finding.severity == Severity::Blocking);
            let found: Vec<_> = blocking
                .map(|finding| {
                    let lines = Lines::new(&texts[&finding.path]);
                    let line = lines.position(&texts[&finding.path], finding.span.start).line;
                    (finding.path.as_str(), line)
                })
                .collect();
            assert_eq!(found, wanted, "{name}");
        }
    }
}
