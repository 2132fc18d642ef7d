//! `wardline demo`: the README's first command.

use crate::common::Sealed;

#[test]
fn the_demonstration_shows_what_it_says() {
    let world = Sealed::new("demo");
    let ran = world.run(&["demo"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    for expected in [
        "4 passed, 0 failed",
        "refused bash rm -rf ~/documents",
        "refused read .env",
        "refused connection to collector.example:80",
        "M slug.sh",
        "still there",
    ] {
        assert!(ran.stdout.contains(expected), "{expected}: {}", ran.stdout);
    }
    assert!(!ran.stdout.contains("not-a-real-key"), "the secret came out");
    let left: Vec<_> = std::fs::read_dir(world.path("home/.cache")).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
}
