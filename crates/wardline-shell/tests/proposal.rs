//! Which rules are proposed for a command that was asked.

mod support;
use support::read;
use wardline_shell::proposals;

#[test]
fn a_proposal_is_as_narrow_as_the_command() {
    let table: &[(&str, &[&str])] = &[
        ("cargo test --all", &["cargo test --all", "cargo test *"]),
        ("git commit -m 'fix it'", &["git commit -m 'fix it'", "git commit *"]),
        ("npm run build", &["npm run build", "npm run build *"]),
        ("npm run", &["npm run"]),
        ("frobnicate --now", &["frobnicate --now"]),
        ("make all", &["make all", "make *"]),
        ("git  status", &["git status", "git status *"]),
        ("/usr/bin/cargo check", &["cargo check", "cargo check *"]),
        // Patterns would stand for more than what was asked.
        ("frobnicate *.c", &[]),
        ("cargo test 'a*'", &["cargo test *"]),
        // Whatever runs anything, hides something or was found inside something else gets no rule.
        ("python3 x.py", &[]),
        ("sudo make install", &[]),
        ("bash x.sh", &[]),
        ("env make", &[]),
        ("find . -name x", &[]),
        ("$X build", &[]),
        ("X=1 cargo test", &[]),
    ];
    for (script, expected) in table {
        assert_eq!(proposals(&read(script), 0), *expected, "{script}");
    }
}
