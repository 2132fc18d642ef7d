//! `wardline redact`: secrets go, the rest stays.

use crate::common::Sealed;

const TEXT: &str = "PASSWORD=tr0ub4dor make\nplain line, é\ngit clone https://me:pa55word@h.test/r.git\n-H 'Authorization: Bearer abc123def456'\n";
const CLEAN: &str = "PASSWORD=[redacted:password] make\nplain line, é\ngit clone https://me:[redacted:url-password]@h.test/r.git\n-H \
                     'Authorization: Bearer [redacted:bearer]'\n";

#[test]
fn secrets_go_and_the_rest_stays() {
    let world = Sealed::new("redact");
    let ran = world.feed(&["redact"], TEXT);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, CLEAN), "{ran:?}");
    let file = world.write("home/p/build.log", TEXT);
    let ran = world.run(&["redact", file.to_str().unwrap()]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, CLEAN), "{ran:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let ran = Sealed::new("redact").run(&["redact", "nowhere.log"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("nowhere.log: No such file"), "{}", ran.stderr);
}
