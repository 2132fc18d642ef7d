//! The wildcard grammar, row by row, and that no pattern makes it go back over a star.

use wardline_policy::matches;

#[test]
fn every_row_of_the_truth_table() {
    let table: &[(&str, &str, bool)] = &[
        ("git", "git *", true),
        ("git status", "git *", true),
        ("gitk", "git *", false),
        ("gitk", "git*", true),
        ("git\tstatus", "git *", false),
        ("git\nrm x", "git *", false),
        ("npm", "* install", false),
        ("npm install", "* install", true),
        ("", "*", true),
        ("", " *", true),
        ("a/b/c.ts", "a/*", true),
        ("a/b/c.ts", "a/**", true),
        ("a/c.ts", "a/**/c.ts", false),
        ("a/b/c.ts", "a/**/c.ts", true),
        (".env", "**/.env", false),
        ("x/.env", "**/.env", true),
        (".env", "*.env", true),
        ("x/.env", "*.env", true),
        ("foo.env.example", "*.env.*", true),
        (".envrc", "*.env", false),
        (".envrc", "*.env.*", false),
        ("\\rm x", "rm *", false),
        ("\\rm x", "/rm *", true),
        ("/srv", "/srv/*", false),
        ("/srv/x", "/srv/*", true),
        ("LS", "ls", false),
    ];
    for (text, pattern, expected) in table {
        assert_eq!(matches(pattern, text, false), *expected, "{text:?} against {pattern:?}");
    }
    assert!(matches("ls", "LS", true), "windows forgets case");
    assert!(matches("C:\\Users\\*", "c:/users/x", true), "windows forgets slashes");
}

#[test]
fn nothing_is_special_but_star_and_question_mark() {
    let table: &[(&str, &str, bool)] = &[
        ("a", "[ab]", false),
        ("[ab]", "[ab]", true),
        ("a", "{a,b}", false),
        ("x", "!y", false),
        ("!y", "!y", true),
        ("a.c", "a.c", true),
        ("abc", "a.c", false),
        ("a+", "a+", true),
        ("(x|y)$^", "(x|y)$^", true),
        ("*", "\\*", false),
        ("/x", "\\*", true),
        ("ab", "a?", true),
        ("a", "a?", false),
        ("a/", "a?", true),
        ("a\n", "a?", true),
        ("aé", "a?", true),
        ("a\nb", "a*b", true),
        ("", "", true),
        ("x", "", false),
        ("git", "git **", false),
        ("git ", "git **", true),
        ("a b", "* *", true),
        ("", "* *", true),
        ("abab", "*ab", true),
        ("aab", "a*ab", true),
        ("ab", "a*ab", false),
        ("xay", "?a?", true),
        ("ay", "?a?", false),
        ("12xay", "*?a?", true),
    ];
    for (text, pattern, expected) in table {
        assert_eq!(matches(pattern, text, false), *expected, "{text:?} against {pattern:?}");
    }
}

/// A matcher that goes back over a star would try more ways than it could ever finish.
#[test]
fn pathological_patterns_come_to_an_end() {
    let text = "a".repeat(1_000_000);
    for pattern in
        ["*a".repeat(500) + "b", "*a*a*a*a*b".to_owned(), "a*".repeat(5_000) + "b", "*?".repeat(200) + "b"]
    {
        assert!(!matches(&pattern, &text, false), "{pattern:.8}");
    }
}
