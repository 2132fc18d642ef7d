//! The law of rendering: any text comes out whole, inert and unlike any other.

use super::*;
use proptest::prelude::*;

/// Reads back what was written: boxes are the characters they name, everything else is text with five entities.
fn read(written: &str) -> String {
    let mut text = String::new();
    let mut rest = written;
    while let Some(at) = rest.find('<') {
        let (plain, tag) = rest.split_at(at);
        text.push_str(&unescaped(plain));
        let code = tag.strip_prefix("<span class=\"hidden-char\" title=\"U+").expect("no element but a box");
        let (code, after) = code.split_once("\">").unwrap();
        text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        rest = after.split_once("</span>").unwrap().1;
    }
    text + &unescaped(rest)
}

fn unescaped(text: &str) -> String {
    assert!(!text.contains(['<', '>', '"']), "{text}");
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn anything() -> impl Strategy<Value = String> {
    let hostile = prop_oneof![
        Just("<script>alert(1)</script>".to_owned()),
        Just("\u{1b}[2J\u{1b}]8;;http://x\u{7}".to_owned()),
        Just("\u{202e}txt.exe\u{2066}".to_owned()),
        Just("\\u{202e}".to_owned()),
        Just("\"><img src=x onerror=y>&amp;".to_owned()),
        Just("<span class=\"hidden-char\" title=\"U+000A\">".to_owned()),
        Just("\r\n\t\u{0}\u{200b}\u{feff}".to_owned()),
        "\\PC{0,20}",
        any::<String>(),
    ];
    prop::collection::vec(hostile, 0..6).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn what_is_shown_is_the_text_and_nothing_acts(text in anything()) {
        for shown in [line(&text), block(&text)] {
            prop_assert_eq!(read(&shown.0), text.clone());
            let bare = shown.0.chars().filter(|c| *c != '\n').any(char::is_control);
            prop_assert!(!bare, "{}", shown.0);
        }
        prop_assert!(!line(&text).0.contains('\n'));
    }

    #[test]
    fn two_texts_never_look_alike(one in anything(), two in anything()) {
        prop_assert_eq!(one == two, line(&one).0 == line(&two).0);
    }
}

#[test]
fn a_spelled_escape_is_not_the_character() {
    assert_eq!(line("\\u{202e}").0, "\\u{202e}");
    assert_eq!(line("\u{202e}").0, "<span class=\"hidden-char\" title=\"U+202E\">\\u{202e}</span>");
    assert!(block("a\nb").0.contains('\n'));
}

#[test]
fn a_very_long_line_is_whole() {
    let text = "x".repeat(10_000) + "; rm -rf /";
    assert_eq!(line(&text).0, text);
}
