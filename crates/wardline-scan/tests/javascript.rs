//! JavaScript and TypeScript sources and the tree that each is lowered to.

use std::fmt::Write as _;

use wardline_scan::{front, language::Language, render, span::Lines};

/// JavaScript, and its tree as `render` writes it.
const JAVASCRIPT: &[(&str, &str)] = &[
    (
        "import a, { b as c, \"d e\" as f } from \"m\"; import * as g from \"node:fs\"; import \"./side\";",
        "import m default as a\nimport m b as c\nimport m d e as f\nimport fs  as g\nimport ./side  as",
    ),
    (
        "const a = require(\"m\"), { b, c: d } = require(\"n\"); const e = require(\"o\").f; require(\"p\")();",
        "import m  as a\nimport n b as b\nimport n c as d\nimport o f as e\ndo (call (call require \"p\"))",
    ),
    ("const { join } = await import(\"node:path\");", "import path join as join"),
    (
        "export const a = 1, { b, c: [d = 2] } = x; export function f() {} export class G {}",
        "const a 1\nconst {\"b\": b, \"c\": (List (= d 2))} x\nexport a as a\nexport b as b\nexport d as d\nfunction f\nexport f as f\nclass G\nexport G as G",
    ),
    ("export default function h() {}", "function h\nexport h as default"),
    ("export default (x) => x;", "const default (function x {\n  return x\n})\nexport default as default"),
    (
        "export default name; export { a, b as c }; export * from \"m\"; export { d as e } from \"n\"; export * as z from \"o\";",
        "export name as default\nexport a as a\nexport b as c\nimport m * as \nexport * as *\nimport n d as d from n\nexport d from n as e\nimport o  as * from o\nexport * from o as z",
    ),
    (
        "module.exports = { a, b: 1, c() {} }; module.exports.d = e; exports.f = exports.g = function () {};",
        "do (= module.exports {\"a\": a, \"b\": 1, \"c\": (function {\n})})\ndo (= module.exports.d e)\ndo (= exports.f (= exports.g (function {\n})))\nexport module.exports as default\nexport a as a\nexport module.exports.b as b\nexport module.exports.c as c\nexport e as d\nexport exports.g as g\nexport exports.f as f",
    ),
    (
        "module.exports = exports = Router;",
        "do (= module.exports (= exports Router))\nexport Router as default",
    ),
    (
        "var a = 1; let b; const { c, d: { e = 1 }, ...f } = g, [h, , i, ...j] = k;",
        "declare a 1\nlet b\nconst {\"c\": c, \"d\": {\"e\": (= e 1)}, (spread f)} g\nconst (List h null i (spread j)) k",
    ),
    (
        "a.b?.c?.[d]?.(e, ...f); new G; new H(i); delete a.b;",
        "do (call a.b.c[d] e (spread f))\ndo (new G)\ndo (new H i)\ndelete a.b",
    ),
    (
        "`plain`; `a${b}c\\n${d}`; sql`select ${id}`; tag`x`;",
        "do \"plain\"\ndo (text \"a\" b \"c\\n\" d)\ndo (tagged sql (text \"select \" id))\ndo (tagged tag (text \"x\"))",
    ),
    (
        "async (a, { b } = {}, ...c) => { await a; }; function* g() { yield a; yield* b; yield; }",
        "do (function a {\"b\": b}={} rest:c {\n  do (await a)\n})\ngenerator function g\n  do (yield a)\n  do (yield (spread b))\n  do (yield)",
    ),
    (
        "for (const [k, v] of m) ; for (var k in o) { break; } for (let i = 0, n = 9; i < n; i++) continue; for (;;) {}",
        "for-each (List k v) m\nfor-keys k o\n  break\nfor (Less i n)\ninit\n  let i 0\n  let n 9\nupdate (Step i)\n  continue\nfor\nupdate",
    ),
    ("for await (const x of y) x();", "for-each x y\n  do (call x)"),
    (
        "a: for (;;) break a; do { b(); } while (c); while (d) e();",
        "for\nupdate\n  break\ndo-while c\n  do (call b)\nwhile d\n  do (call e)",
    ),
    (
        "if (a) b(); else if (c) { d(); } else e();",
        "if a\n  do (call b)\nelse\n  if c\n    do (call d)\n  else\n    do (call e)",
    ),
    (
        "switch (a) { case 1: case 2: b(); break; default: c(); }",
        "switch a\ncase 1\ncase 2\n  do (call b)\n  break\ncase\n  do (call c)",
    ),
    (
        "try { a(); } catch ({ message }) { b(); } finally { c(); } try { a(); } catch { }",
        "try\n  do (call a)\ncatch {\"message\": message}\n  do (call b)\nfinally\n  do (call c)\ntry\n  do (call a)\ncatch",
    ),
    (
        "a ?? b; a ||= b; a &&= c; a ??= d; a **= 2; a >>>= 1; a, b; !a; typeof a; void 0; -a; a++; x instanceof Y; \"k\" in o;",
        "do (Coalesce a b)\ndo (Or= a b)\ndo (And= a c)\ndo (Coalesce= a d)\ndo (Power= a 2)\ndo (ShiftRight= a 1)\ndo a\ndo b\ndo (Not a)\ndo (TypeOf a)\ndo (Other 0)\ndo (Negate a)\ndo (Step a)\ndo (InstanceOf x Y)\ndo (In \"k\" o)",
    ),
    (
        "/a\\/b/g; 10n; 0xff; 1_000; 1.5; \"a\\x41\\u{42}\\n\"; null; undefined; true;",
        "do /a\\/b/\ndo 10\ndo 255\ndo 1000\ndo 1.5\ndo \"aAB\\n\"\ndo null\ndo null\ndo true",
    ),
    (
        "({ a, b: 1, \"c-d\": 2, [e]: 3, f() {}, get g() { return 1; }, async *h() {}, ...i });",
        "do {\"a\": a, \"b\": 1, \"c-d\": 2, e: 3, \"f\": (function {\n}), \"g\": (call (function {\n  return 1\n})), \"h\": (function {\n}), (spread i)}",
    ),
    (
        "class A extends B { #x = 1; static y; constructor(z) { super(z); this.#x = z; } get v() { return this.#x; } static async m() {} static { init(); } [k]() {} }",
        "class A B\n  let #x 1\n  let y\n  function constructor z\n    do (call super z)\n    do (= this.#x z)\n  @ get\n  function v\n    return this.#x\n  async static function m\n  block\n    do (call init)\n  function [k]",
    ),
    (
        "const v = a ? b : c; x = class N {}; y = function n() {};",
        "const v (? a b c)\ndo (= x (\n  class N\n))\ndo (= y (function {\n}))",
    ),
    (
        "<div id=\"a\" {...p} on={() => f()}>text {v} &lt; <b.C/> {/* c */}<></></div>;",
        "do <div id=\"a\" ...=(spread p) on=(function {\n  return (call f)\n}) \"text \" v \"<\" <b.C> <>>",
    ),
    (
        "if (a) { throw new Error(\"x\"); } return; with (o) { p; } debugger;",
        "if a\n  throw (new Error \"x\")\nreturn\nwith o\n  do p\n! 47..48 `with`: what its names mean is not known",
    ),
    (
        "@Injectable() class S { @Get(\"x\") m(q) {} @Field y = 1; }",
        "@ (call Injectable)\nclass S\n  @ (call Get \"x\")\n  function m q\n  @ Field\n  let y 1",
    ),
    (
        "import.meta.url; new.target; this.x; super.y; import(\"./z\");",
        "do import.meta.url\ndo new.target\ndo this.x\ndo super.y\ndo (call import \"./z\")",
    ),
];

/// TypeScript with JSX.
const TYPESCRIPT: &[(&str, &str)] = &[
    (
        "import type { Request } from \"express\"; import fs = require(\"fs\"); import A = B.C; export = fs;",
        "import express Request as Request\nimport fs  as fs\nconst A B.C\nexport fs as default",
    ),
    (
        "const x: Map<string, number[]> = y as unknown as T; z!.w; s satisfies U;",
        "const x Map[(Tuple string Array[number])] (cast (cast y unknown) T)\ndo (cast z).w\ndo (cast s U)",
    ),
    (
        "enum E { A, B = \"b\", \"c d\" } declare const g: number; declare module \"m\" { export const q: number; }",
        "const E {\"A\": 0, \"B\": \"b\", \"c d\": 2}",
    ),
    ("namespace N.M { export const a = 1; function f() {} }", "class N.M\n  const a 1\n  function f"),
    (
        "interface I { a: string } type T = { b: I }; abstract class C<P> extends D<P> implements I { abstract m(): void; private readonly a?: string = \"x\"; n(this: C, b?: string): asserts b {} }",
        "class C D I\n  const a string \"x\"\n  function n b:string -> (opaque)",
    ),
    (
        "@Controller(\"u\") export class U { constructor(private readonly db: Db, @Inject(X) public y: Y, z: Z) { this.go(); } @Get(\":id\") get(@Param(\"id\") id: string, @Query() { q }: Q = {}) {} }",
        "@ (call Controller \"u\")\nclass U\n  function constructor db:Db y:Y@(call Inject X) z:Z\n    do (= this.db db)\n    do (= this.y y)\n    do (call this.go)\n  @ (call Get \":id\")\n  function get id:string@(call Param \"id\") {\"q\": q}:Q={}@(call Query)\nexport U as U",
    ),
    (
        "function over(a: string): void; function over(a: number): void; function over(a: any) {}",
        "function over a:any",
    ),
    (
        "let f = async <T,>(a: T | \"lit\" | null): Promise<ns.R<T>> => a; g<string>(x); new Map<string, X>();",
        "let f (function a:(BitOr (BitOr T \"lit\") null) -> Promise[ns.R[T]] {\n  return a\n})\ndo (call g x)\ndo (new Map)",
    ),
    (
        "export type { T } from \"./t\"; export default interface J {} export abstract class K {}",
        "import ./t T as T from ./t\nexport T from ./t as T\nclass K\nexport K as K",
    ),
    ("using r = open(); await using s = t();", "do (= r (call open))\ndo (await (= s (call t)))"),
];

fn lowered(language: Language, source: &str) -> String {
    let module = front::lower(language, source);
    module.map(|module| render::module(&module).trim_end().to_owned()).unwrap_or_default()
}

#[test]
fn each_construct_becomes_its_tree() {
    for (language, rows) in [(Language::JavaScript, JAVASCRIPT), (Language::Tsx, TYPESCRIPT)] {
        for (source, expected) in rows {
            assert_eq!(lowered(language, source), *expected, "{source}");
        }
    }
    for (source, expected) in TYPESCRIPT {
        assert_eq!(lowered(Language::TypeScript, source), *expected, "{source}");
    }
    assert_eq!(lowered(Language::TypeScript, "<Q>r;"), "do (cast r Q)");
    assert_eq!(lowered(Language::Tsx, "<A b={c}/>;"), "do <A b=c>");
}

#[test]
fn what_cannot_be_read_is_told_and_the_rest_is_kept() {
    for source in
        ["f(; g(x);", "a = {; b();", "class {", "x = `a${", "const = 1; h();", "import from", "if (a"]
    {
        let module = front::lower(Language::JavaScript, source).unwrap();
        assert!(!module.problems.is_empty(), "{source}");
    }
    let kept = lowered(Language::JavaScript, "f(x);\n) )\ng(y);");
    assert!(kept.contains("(call f x)") && kept.contains("(call g y)"), "{kept}");
}

#[test]
fn deep_nesting_is_a_problem_and_long_chains_are_not() {
    let deep = [
        "(".repeat(4_000) + "x" + &")".repeat(4_000),
        "[".repeat(4_000),
        "a(".repeat(4_000),
        "{".repeat(4_000),
        "x => ".repeat(4_000) + "1",
        "<a>".repeat(4_000),
        "if (a) ".repeat(4_000) + "b",
        "!".repeat(4_000) + "x",
        "`${".repeat(4_000),
        "a ? b : ".repeat(4_000) + "c",
        "x".to_owned() + &".then(f)".repeat(4_000),
    ];
    for source in &deep {
        for language in [Language::JavaScript, Language::TypeScript, Language::Tsx] {
            let module = front::lower(language, source).unwrap();
            assert!(!module.problems.is_empty(), "{language:?} {:.20}", source);
        }
    }
    for operator in [" + ", " && ", " || ", " ?? ", ", "] {
        let mut source = "x = (a".to_owned();
        for number in 0..5_000 {
            let _ = write!(source, "{operator}b{number}");
        }
        source.push_str(");");
        let module = front::lower(Language::JavaScript, &source).unwrap();
        assert_eq!(module.problems, [], "{operator}");
    }
}

#[test]
fn broken_texts_of_every_length_are_read() {
    for (source, _) in JAVASCRIPT.iter().chain(TYPESCRIPT) {
        for end in (0..source.len()).filter(|end| source.is_char_boundary(*end)) {
            for language in [Language::JavaScript, Language::Tsx] {
                let module = front::lower(language, source.get(..end).unwrap()).unwrap();
                assert!(module.expressions as usize <= 4 * source.len() + 4);
            }
        }
    }
}

#[test]
fn places_are_those_of_the_text() {
    let source = "#!/usr/bin/env node\n// ü\nconst a = 1;\n) broken\n";
    let module = front::lower(Language::JavaScript, source).unwrap();
    let lines = Lines::new(source);
    let line = |offset| lines.position(source, offset).line;
    assert_eq!(module.body.first().map(|first| line(first.span.start)), Some(3));
    assert_eq!(module.problems.first().map(|first| line(first.span.start)), Some(4));
}
