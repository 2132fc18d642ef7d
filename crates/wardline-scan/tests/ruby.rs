//! Ruby sources and templates, and the tree that each is lowered to.

use wardline_scan::{front, render};

/// Code, and its tree as `render` writes it (indented as here).
const ROWS: &[(&str, &str)] = &[
    // Statements.
    ("x = params[:a]", "do (= x params[\"a\"])"),
    ("if a\n  b\nelsif c\n  d\nelse\n  e\nend", "if a\n  do b\nelse\n  if c\n    do d\n  else\n    do e"),
    ("f(1) if a", "if a\n  do (call f 1)"),
    ("f(1) unless a", "if a\nelse\n  do (call f 1)"),
    ("return unless a", "if a\nelse\n  return"),
    ("a and return 1", "if a\n  return 1"),
    ("a || raise('x')", "if a\nelse\n  throw (call raise \"x\")"),
    ("until a\n  b\nend", "while (Not a)\n  do b"),
    ("xs.each do |x|\n  next if x\n  f(x)\nend", "for-each x xs\n  if x\n    continue\n  do (call f x)"),
    ("m.each { |k, v| f(v) }", "for-each (Tuple k v) m\n  do (call f v)"),
    ("case a\nwhen 1, 2 then b\nelse c\nend", "switch a\ncase 1 2\n  do b\ncase\n  do c"),
    ("begin\n  a\nrescue E => e\n  b\nensure\n  c\nend", "try\n  do a\ncatch E e\n  do b\nfinally\n  do c"),
    // Methods and classes.
    (
        "def f(a, b = 1, *c, d: 2, **e)\n  a\nend",
        "function f a b=1 rest:c named:d=2 named-rest:e\n  return a",
    ),
    (
        "def f\n  if a\n    1\n  else\n    2\n  end\nend",
        "function f\n  if a\n    return 1\n  else\n    return 2",
    ),
    ("def f(x) = g(x)", "function f x\n  return (call g x)"),
    (
        "class A < B\n  def x; y(1); end\n  def y(z); @q = z; end\n  private def w; end\nend",
        "class A B\n  function x\n    return (call this.y 1)\n  function y z\n    return (= this.q z)\n  function w",
    ),
    (
        "class A\n  L = 1\n  def self.f; g; L; end\n  def self.g; end\nend",
        "class A\n  do (= L 1)\n  static function f\n    do A.g\n    return A.L\n  static function g",
    ),
    ("module M\n  class A\n  end\nend", "class A\nclass M"),
    // Expressions.
    ("\"a #{b} c\"", "do (text \"a \" b \" c\")"),
    ("<<~SQL.squish\n  select #{x}\nSQL\n", "do (text \"  select \" x \"\\n\").squish"),
    ("`ls #{x}`", "do (command (text \"ls \" x))"),
    ("a&.b.c(1)", "do (call a.b.c 1)"),
    ("A::B.new(x)", "do (new A.B x)"),
    ("where(name: x)", "do (call where name=x)"),
    ("where('a' => x)", "do (call where {\"a\": x})"),
    ("render inline: x", "do (call render inline=x)"),
    ("a << b", "do (call a.push b)"),
    ("x = a ? b : c", "do (= x (? a b c))"),
    ("x = if a then b else c end", "do (= x (? a b c))"),
    ("a, b = f", "do (= (List a b) f)"),
    ("@x ||= f(1)", "do (Or= this.x (call f 1))"),
    ("xs.map(&:to_i)", "do (call xs.map &block=(function it {\n  return it.to_i\n}))"),
    ("f { |x| g(x) }", "do (call f &block=(function x {\n  return (call g x)\n}))"),
    ("%w[a b]", "do (List \"a\" \"b\")"),
    ("x !~ /\\Aa\\z/", "do (Not (Match x /\\Aa\\z/))"),
];

#[test]
fn ruby_is_lowered() {
    let mut wrong = Vec::new();
    for (source, tree) in ROWS {
        let found = render::module(&front::ruby::lower(source));
        if found.trim_end() != tree.trim_end() {
            wrong.push(format!("--- {source}\nexpected:\n{tree}\nfound:\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn templates_are_code_between_text() {
    let source = "<p><%= name -%></p>\n<% if a %><b><%== f(b) %></b><% end %><%# no %>ä<%= raw x %>";
    let module = front::ruby::lower_template(source);
    assert_eq!(module.problems, []);
    assert_eq!(render::module(&module), "do name\nif a\n  do (call raw (call f b))\ndo (call raw x)\n");
}

#[test]
fn broken_and_deep_texts_are_told() {
    for source in ["def f(\n", "x = = 1", "class A\n"] {
        assert!(!front::ruby::lower(source).problems.is_empty(), "{source}");
    }
    let deep = format!("x = {}1{}", "(".repeat(5_000), ")".repeat(5_000));
    assert!(front::ruby::lower(&deep).problems.iter().any(|problem| problem.what.contains("nested deeper")));
    let wide = format!("x = {}", vec!["'a'"; 5_000].join(" + "));
    assert_eq!(front::ruby::lower(&wide).problems, []);
}
