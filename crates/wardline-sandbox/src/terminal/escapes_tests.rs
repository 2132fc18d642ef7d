//! Tests of what passes to the terminal, each whole, byte by byte, and cut in two at every place.

use super::Filter;

fn filtered(pieces: &[&[u8]]) -> Vec<u8> {
    let mut filter = Filter::default();
    let mut out = Vec::new();
    pieces.iter().for_each(|piece| filter.pass(piece, &mut out));
    out
}

/// What comes out must not depend on how the output is cut into pieces.
fn expect(input: &[u8], expected: &[u8]) {
    let shown = String::from_utf8_lossy(input);
    assert_eq!(filtered(&[input]), expected, "{shown:?} whole");
    let bytes: Vec<&[u8]> = input.chunks(1).collect();
    assert_eq!(filtered(&bytes), expected, "{shown:?} byte by byte");
    for cut in 0..input.len() {
        let (one, two) = input.split_at(cut);
        assert_eq!(filtered(&[one, two]), expected, "{shown:?} cut at {cut}");
    }
}

#[test]
fn what_full_screen_programs_say_passes_untouched() {
    let table: [&[u8]; 25] = [
        b"plain text\r\n\ttab \x08\x07",
        "naïve – ok “quoted” ♥ 日本語 🦀 é\u{a0}x".as_bytes(),
        b"\x1b[?1049h\x1b[2J\x1b[H\x1b[?25l\x1b[?2004h\x1b[?1006h\x1b[?2026h",
        b"\x1b[38;2;255;100;50m\x1b[48;5;12mcolour\x1b[0m",
        b"\x1b[4:3m\x1b[58:2::1:2:3m",
        b"\x1b]0;a title\x07",
        "\u{1b}]2;a title – “too”\u{1b}\\".as_bytes(),
        b"\x1b]8;;https://example.com\x1b\\link\x1b]8;;\x1b\\",
        b"\x1b]10;?\x07\x1b]11;?\x1b\\\x1b]4;1;?\x07",
        b"\x1b]9;4;1;50\x07\x1b]777;notify;a;b\x07\x1b]99;i=1;hello\x1b\\",
        b"\x1b]133;A\x07\x1b]7;file://host/dir\x07\x1b]104\x07\x1b]112\x1b\\",
        b"\x1b]5;\x07\x1b]520;\x07\x1b]152;x\x07",
        b"\x1b[c\x1b[>c\x1b[6n\x1b[5n\x1b[?u\x1b[>1u\x1b[<u\x1b[>q\x1b[?2026$p",
        b"\x1b[14t\x1b[16t\x1b[18t\x1b[22;0t\x1b[23;0t\x1b[t\x1b[8;24;80t",
        b"\x1bP+q544e\x1b\\\x1bP$qm\x1b\\\x1bP0;0;8q#0~~\x1b\\",
        b"\x1b7\x1b8\x1bM\x1bc\x1b=\x1b>\x1b(B\x1b)0\x1b#8\x1b%G\x1bD\x1bE",
        b"\x1b[1;2r\x1b[!p\x1b[2 q\x1b[1z\x1b[1y\x1b[\"p",
        b"\xff\xfe bytes that are no text \xc2",
        b"a\x00b\x0fc\x0e",
        b"\x9b1m",
        b"\xc2\x9b1m",
        b"\x1b]l old title\x1b\\",
        b"\xe2\x80\x9d52;c;x",
        b"\x1b]\x1b\\",
        b"",
    ];
    for input in table {
        // A lone first byte at the very end waits for what is to come.
        let whole = input.strip_suffix(b"\xc2").unwrap_or(input);
        if whole.len() == input.len() {
            expect(input, input);
        } else {
            expect(input, whole);
        }
    }
}

#[test]
fn what_acts_on_the_machine_or_types_for_the_program_does_not_pass() {
    let table: [(&[u8], &[u8]); 42] = [
        (b"a\x1b]52;c;aGVsbG8=\x07b", b"a|b"),
        (b"a\x1b]52;c;aGVsbG8=\x1b\\b", b"a|b"),
        (b"a\x1b]52;c;?\x07b", b"a|b"),
        (b"a\x1b]052;c;x\x07b", b"a|b"),
        (b"a\x1b]5\x002;c;x\x07b", b"a|b"),
        (b"a\x1b]\n52;c;x\x07b", b"a|b"),
        (b"a\x1b\n]52;c;x\x07b", b"a\n|b"),
        (b"a\x1b\x1b]52;c;x\x07b", b"a|b"),
        (b"a\x1b]4294967348;c;x\x07b", b"a|b"),
        (b"a\x1b]52\x07b", b"a|b"),
        (b"a\x1b]52\x1b\\b", b"a|b"),
        (b"a\x9d52;c;x\x07b", b"a|b"),
        (b"a\xc2\x9d52;c;x\x07b", b"a|b"),
        (b"a\xe2\x9d52;c;x\x07b", b"a\xe2\x9d52;c;x\x07b"),
        (b"a\x1b[\x1b]52;c;x\x07b", b"a|b"),
        (b"a\x1b]0;t\x1b]52;c;x\x07b", b"a\x1b]0;t|b"),
        (b"a\x1b]0;t\xc2\x9d52;c;x\x07b", b"a\x1b]0;t|b"),
        (b"a\x1b]52;c;x\x18b", b"a|b"),
        (b"a\x1b]52;c;x\x1b[31mb", b"a|\x1b[31mb"),
        (b"a\x1b]52;c;\x1b]52;c;x\x07b", b"a||b"),
        (b"a\x1b]50;?\x07b", b"a|b"),
        (b"a\x1b]1337;Copy=:aGk=\x07b", b"a|b"),
        (b"a\x1b]5522;type=write\x1b\\b", b"a|b"),
        (b"a\x1b]46;/tmp/x\x07b", b"a|b"),
        (b"a\x1b[21tb", b"a|b"),
        (b"a\x1b[20tb", b"a|b"),
        (b"a\x1b[021tb", b"a|b"),
        (b"a\x1b[2\n1tb", b"a\n|b"),
        (b"a\x1b[21;0tb", b"a|b"),
        (b"a\x9b21tb", b"a|b"),
        (b"a\xc2\x9b21tb", b"a|b"),
        (b"a\x1b[5ib\x1b[?5ic\x1b[4id", b"a|b|c|d"),
        (b"a\x1b[1;1;1;1;9;9*yb\x1b[1*zc", b"a|b|c"),
        (b"a\x05b", b"ab"),
        (b"a\x1bP@kitty-cmd{\"cmd\":\"launch\"}\x1b\\b", b"a|b"),
        (b"a\x1bPtmux;\x1b\x1b]52;c;x\x07\x1b\\b", b"a|||b"),
        (b"a\x1bP\x1b]52;c;x\x07\x1b\\b", b"a||b"),
        (b"a\x1bP0;1|17/726d\x1b\\b", b"a|b"),
        (b"a\x1bP1;0;0!zABC\x1b\\b", b"a|b"),
        (b"a\x1b_Gf=100,t=f;L2V0Yw==\x1b\\b\x1b^pm\x1b\\c\x1bXsos\x1b\\d", b"a|b|c|d"),
        (b"a\x1b%@b\x1b%8c", b"a|b|c"),
        (b"a\xe0\x1b]52;c;x\x07b", b"a\xe0|b"),
    ];
    for (input, expected) in table {
        // A bar stands for the end of a string, which every lost sequence leaves.
        expect(input, &ends(expected));
    }
    let endless: Vec<u8> = [b"\x1b[".as_slice(), &[b'1'; 4000], b"m after"].concat();
    expect(&endless, &ends(b"| after"));
}

fn ends(text: &[u8]) -> Vec<u8> {
    let each = |byte: &u8| if *byte == b'|' { b"\x1b\\".to_vec() } else { vec![*byte] };
    text.iter().flat_map(each).collect()
}

#[test]
fn what_is_lost_joins_nothing_and_what_is_open_is_ended() {
    let table: [(&[u8], &[u8]); 4] = [
        (b"\x1b]\x1b]52;x\x0752;c;payload\x07", b"\x1b]|52;c;payload\x07"),
        (b"\x1b]5\x1b]52;x\x072;c;payload\x07", b"\x1b]5|2;c;payload\x07"),
        (b"\x1b]\x1b[21t52;c;payload\x07", b"\x1b]|52;c;payload\x07"),
        (b"\x1b\x1b[21t]52;c;payload\x07", b"|]52;c;payload\x07"),
    ];
    for (input, expected) in table {
        expect(input, &ends(expected));
    }
    let table: [(&[u8], &[u8]); 5] = [
        (b"text", b""),
        (b"\x1b]0;t", b"|"),
        (b"\x1b]0;t\x07", b""),
        (b"\x1bPq", b"|"),
        (b"\x1b]0;t\x1b[m", b""),
    ];
    for (input, expected) in table {
        let (mut filter, mut out) = (Filter::default(), Vec::new());
        filter.pass(input, &mut Vec::new());
        filter.finish(&mut out);
        assert_eq!(out, ends(expected), "{input:?}");
    }
}

/// Whatever comes, what passes would pass again, and what is held back stays small.
#[test]
fn what_passes_passes_again_and_little_is_held() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let alphabet = b"\x1b\x1b[]P_52;;tq*\x07\\\x9d\xc2\x9b\xe2\x18\x05a1m%";
    for _ in 0..3000 {
        let mut filter = Filter::default();
        let mut input = Vec::new();
        for _ in 0..200 {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            input.push(alphabet[usize::try_from(seed % 26).unwrap() % alphabet.len()]);
        }
        let mut out = Vec::new();
        filter.pass(&input, &mut out);
        assert!(filter.held.len() <= super::LONGEST + 1);
        // What passed is what a second filter lets pass as well.
        let mut again = Vec::new();
        Filter::default().pass(&out, &mut again);
        assert!(out.starts_with(&again), "{input:?}\n{out:?}\n{again:?}");
    }
}
