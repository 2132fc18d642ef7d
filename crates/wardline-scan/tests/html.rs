//! Markup, templates and components, and the tree that each is lowered to.

use wardline_scan::{
    front,
    ir::{Stmt, StmtKind},
    language::Language,
    render,
    span::Lines,
};

/// A text, and its tree as `render` writes it.
const ROWS: &[(&str, &str)] = &[
    (
        "<p title=\"a &amp; b\" hidden>t</p><!-- <script>no()</script> --><br/>",
        "do <p title=\"a & b\" hidden>\ndo <br>",
    ),
    (
        "<html><script>var a = 1;</script><SCRIPT type=module>import b from \"b\"; b(a);</SCRIPT></html>",
        "declare a 1\nimport b default as b\ndo (call b a)\ndo <html>\ndo <script>\ndo <SCRIPT type=\"module\">",
    ),
    (
        "<script type=\"application/json\">{\"a\": 1}</script><script type=\"text/x-template\"><i onclick=\"f()\"></i></script><style>a{}</style>",
        "do <i onclick=(function event {\n  do (call f)\n})>\ndo <script type=\"application/json\">\ndo <script type=\"text/x-template\">\ndo <style>",
    ),
    (
        "<a onclick=\"return confirm('x &quot;y&quot;')\" href=\"javascript:alert(1)\" HREF=\" JaVa&#9;script:x()\">b</a>",
        "do <a onclick=(function event {\n  return (call confirm \"x \\\"     y\\\"     \")\n}) href=(function event {\n  do (call alert 1)\n}) HREF=(function event {\n  do (call x)\n})>",
    ),
    (
        "<button onclick=\"if (a &amp;&amp; b) { go(); }\">",
        "do <button onclick=(function event {\n  if (And a b)\n    do (call go)\n})>",
    ),
    (
        "{% autoescape false %}{{ a }}{% endautoescape %}{{ b }} {{ c|upper|safe }} {{ d|default(\"x|y\") }} {# {{ no }} #}",
        "do (call jinja_safe a)\ndo b\ndo (call jinja_safe (call upper c))\ndo (call default d)",
    ),
    (
        "{% set x = request.args.q %}{% for k, v in xs.items() %}<b class=\"{{ k }} z\">{{ v if k else \"\" }}</b>{% endfor %}{% raw %}{{ x }}{% endraw %}",
        "declare x request.args.q\nfor-each (List k v) (call xs.items)\ndo <b class=(text k \" z\")>\ndo (opaque v k)",
    ),
    (
        "<script>var u = \"{{ user }}\"; var l = {{ list|tojson }};</script>",
        "declare u \"__________\"\ndeclare l _________________\ndo <script>\ndo user\ndo (call tojson list)",
    ),
    (
        "<h1>{{{ body }}}</h1>{{& more}}{{#if a}}{{/if}}{{> part}}{{!-- c --}}{{ x || y }}",
        "do <h1>\ndo (call handlebars_raw body)\ndo (call handlebars_raw more)\ndo (Or x y)",
    ),
    (
        "<%- include(\"head\") %><b><%= name %></b><%# c %><%- body %>",
        "do (call ejs_raw (call include \"head\"))\ndo <b>\ndo name\ndo (call ejs_raw body)",
    ),
    (
        "<% if (user) { %><a href=\"<%- user.url %>\"><% users.forEach(function (u) { %><%- u.bio %><% }) %><% } else { %>-<% } %>",
        "if user\n  do (call ejs_raw user.url)\n  do (call users.forEach (function u {\n    do (call ejs_raw u.bio)\n  }))\ndo <a href=(opaque)>",
    ),
    ("<% if user %><%= raw body %><% end %>", "do (opaque raw body)"),
    (
        "<script setup lang=\"ts\">\nimport { ref } from \"vue\"; const a = ref<string>(\"\");\n</script>\n<template><li v-for=\"(x, i) in items\" :key=\"i\" v-html=\"x.body\" @click=\"go($event); b()\" :href=\"a\" v-if=\"i < 3\">{{ x.name | up }}</li><p v-else #default=\"{ s }\"/></template>",
        "import vue ref as ref\nconst a (call ref \"\")\ndo <script setup lang=\"ts\">\ndo <template>\nfor-each (List x i) items\ndo <li v-for=\"(x, i) in items\" :key=i v-html=(call vue_html x.body) @click=(function $event {\n  do (call go $event)\n  do (call b)\n}) :href=a v-if=(Less i 3)>\ndo (BitOr x.name up)\ndo <p v-else #default=\"{ s }\">",
    ),
    (
        "<script>\nexport let items; let q = new URLSearchParams(location.search).get(\"q\");\n</script>\n{#each items as { id, body }, i (id)}<li on:click={() => go(i)} class=\"a {b} c\" {id} {...rest}>{@html body}{body}</li>{/each}{#if q}{@const z = q + \"}\"}{@html z}{/if}",
        "let items\nexport items as items\nlet q (call (new URLSearchParams location.search).get \"q\")\ndo <script>\ndo <li on:click=(function {\n  return (call go i)\n}) class=(text \"a \" b \" c\") ...=id ...=(spread rest)>\ndo (call svelte_html body)\ndo body\ndo q\ndeclare z (Add q \"}\")\ndo (call svelte_html z)",
    ),
    (
        "---\nimport X from \"./x.astro\"; const q = Astro.url.searchParams.get(\"q\");\n---\n<X client:load a={q}/>{items.map((i) => <li>{i}</li>)}<p set:html={q}/><script>let t: string = \"\";</script>",
        "import ./x.astro default as X\nconst q (call Astro.url.searchParams.get \"q\")\nlet t string \"\"\ndo <X client:load a=q>\ndo (call items.map (function i {\n  return <li i>\n}))\ndo <p set:html=(call astro_html q)>\ndo <script>",
    ),
    (
        "<div [innerHTML]=\"bio\" (click)=\"go()\" *ngFor=\"let a of b\" x-html=\"c\"></div>",
        "for-each a b\ndo <div [innerHTML]=(call angular_html bio) (click)=(function event {\n  do (call go)\n}) *ngFor=\"let a of b\" x-html=(call alpine_html c)>",
    ),
    ("<a href=\"x", "do <a href=\"x\">\n! 0..10 a tag is not closed"),
];

#[test]
fn each_construct_becomes_its_tree() {
    for (source, expected) in ROWS {
        let module = front::lower(Language::Html, source).unwrap();
        assert_eq!(render::module(&module).trim_end(), *expected, "{source}");
    }
}

#[test]
fn broken_texts_of_every_length_are_read() {
    for (source, _) in ROWS {
        for end in (0..source.len()).filter(|end| source.is_char_boundary(*end)) {
            front::lower(Language::Html, source.get(..end).unwrap()).unwrap();
            front::lower(Language::Html, source.get(end..).unwrap()).unwrap();
        }
    }
    let marks = [
        "{{",
        "{%",
        "<%",
        "{#if ",
        "<!--",
        "<a b='",
        "{@html ",
        "<script>",
        "{% raw %}",
        "&",
        "---\nimport ",
    ];
    for mark in marks {
        front::lower(Language::Html, &mark.repeat(500)).unwrap();
    }
}

/// A call of `sink` stands on the line that says so, in each kind of file.
#[test]
fn places_are_those_of_the_file() {
    let rows = [
        "<p>ü</p>\n<script>\n  a();\n\n  sink(); // here\n</script>\n",
        "<template>\n<b @click=\"x\n  && sink()\"/> // here\n</template>\n<script></script>",
        "<script>let a;</script>\n{#if a}\n<i on:click={() => sink()}/> here\n{/if}",
        "---\nimport a from 'a';\nsink(); // here\n---\n<p/>",
        "<% if (a) { %>\n<b>\n<% sink() /* here */ %>\n<% } %>",
        "<b\n onclick='sink()' here>",
        "<script>\n</script>\n{{ é }}\n{{ sink(x) }} here",
    ];
    for source in rows {
        let module = front::lower(Language::Html, source).unwrap();
        let found = place_of(&module.body, source).unwrap_or_else(|| panic!("no call of sink in {source}"));
        let wanted = source.find("here").unwrap();
        let lines = Lines::new(source);
        let line = |offset: usize| lines.position(source, u32::try_from(offset).unwrap()).line;
        assert_eq!(line(found), line(wanted), "{source}");
        assert_eq!(module.problems, [], "{source}");
    }
}

/// Where the name `sink` is, by the spans of the tree: looked for in its debug form, which has every span.
fn place_of(body: &[Stmt], source: &str) -> Option<usize> {
    assert!(!body.iter().any(|statement| matches!(statement.kind, StmtKind::Opaque(_))));
    let tree = format!("{body:?}");
    let before = tree.split("kind: Name(\"sink\")").next().filter(|before| before.len() < tree.len())?;
    let (_, span) = before.rsplit_once("Span { start: ")?;
    let start: usize = span.split(',').next()?.parse().ok()?;
    assert!(source.get(start..)?.starts_with("sink"), "{start} in {source}");
    Some(start)
}
