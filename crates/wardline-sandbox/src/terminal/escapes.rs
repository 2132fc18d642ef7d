//! What a confined program may not say to the person's terminal: control sequences that act on the machine behind it,
//! or that make it type something which the program chose.
//!
//! Everything else passes untouched, byte for byte, because agents are full-screen programs. What is held back between
//! two calls is a few bytes at most. In the place of a lost sequence comes the end of a string, which ends what the
//! sequence would have ended and otherwise does nothing; else the bytes around it could become a new one. Where terminals read a sequence in different ways, the reading that is stricter for
//! us counts: a sequence may be lost that one of them would have shown, none passes that one of them would have obeyed.

/// The longest beginning of a sequence that is looked at; longer ones are no sequence that anybody needs.
const LONGEST: usize = 128;

/// Operating-system commands that do not pass.
const COMMANDS: [(u32, &str); 8] = [
    (3, "sets properties of the window for other programs"),
    (46, "names the file that the terminal logs to"),
    (50, "answers with the name of a font that was set before: text of the program's choice"),
    (52, "reads and writes the clipboard"),
    (55, "writes the screen to a file"),
    (1337, "iTerm2: the clipboard, files up and down, variables"),
    (5113, "kitty: files up and down"),
    (5522, "kitty: the clipboard"),
];

const BELL: u8 = 0x07;
const ENQUIRY: u8 = 0x05;
const CANCEL: u8 = 0x18;
const SUBSTITUTE: u8 = 0x1a;
const ESCAPE: u8 = 0x1b;
/// Ends a string; without one, it does nothing.
const END_OF_STRING: &[u8] = b"\x1b\\";
const DELETE: u8 = 0x7f;
/// The byte before which U+0080 to U+009F begin in UTF-8.
const LEAD: u8 = 0xc2;

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
enum State {
    #[default]
    Ground,
    /// Behind the first byte of what may be a control character in UTF-8.
    Lead,
    /// Behind an escape character, and perhaps bytes between it and the final one.
    Escape,
    /// In the parameters of a control sequence.
    Control,
    /// In one that is too long to be kept.
    LongControl,
    /// In the number of an operating-system command.
    Command,
    /// In the head of a device control string.
    Device,
    /// In a string that does not pass; whether a bell ends it.
    Swallow { bell: bool },
    /// Behind an escape character in one.
    SwallowEscape,
}

/// Lets through what a terminal may be told.
#[derive(Debug, Default)]
pub(crate) struct Filter {
    state: State,
    /// The beginning of a sequence that is not decided on yet.
    held: Vec<u8>,
    /// Bytes of a character that are still to come, so that they are not taken for controls.
    rest: u8,
    /// Whether the terminal may still be reading a string.
    open: bool,
}

impl Filter {
    /// Appends to `out` what passes of `input`, the next piece of the output. The beginning of a sequence at its end
    /// waits for the piece after it.
    pub(crate) fn pass(&mut self, input: &[u8], out: &mut Vec<u8>) {
        for byte in input {
            self.step(*byte, out);
        }
    }

    /// Ends what is unfinished, before others write to the terminal. What is held is lost.
    pub(crate) fn finish(&mut self, out: &mut Vec<u8>) {
        if self.open {
            out.extend_from_slice(END_OF_STRING);
        }
        *self = Self::default();
    }

    fn step(&mut self, byte: u8, out: &mut Vec<u8>) {
        match self.state {
            State::Ground => self.ground(byte, out),
            State::Lead => self.lead(byte, out),
            State::Escape => self.escape(byte, out),
            State::Control | State::LongControl => self.control(byte, out),
            State::Command => self.command(byte, out),
            State::Device => self.device(byte, out),
            State::Swallow { bell } => self.swallow(byte, bell),
            State::SwallowEscape if byte == b'\\' => self.state = State::Ground,
            State::SwallowEscape => {
                self.begin(State::Escape, ESCAPE);
                self.escape(byte, out);
            }
        }
    }

    fn begin(&mut self, state: State, byte: u8) {
        self.held.clear();
        self.held.push(byte);
        self.state = state;
    }

    fn lose(&mut self, next: State, out: &mut Vec<u8>) {
        self.held.clear();
        self.state = next;
        self.open = false;
        out.extend_from_slice(END_OF_STRING);
    }

    /// Lets the held sequence pass; `open` when a string begins with it.
    fn let_go(&mut self, open: bool, out: &mut Vec<u8>) {
        out.append(&mut self.held);
        self.state = State::Ground;
        self.open = open;
    }

    fn ground(&mut self, byte: u8, out: &mut Vec<u8>) {
        if self.rest > 0 && (0x80..=0xbf).contains(&byte) {
            self.rest -= 1;
            out.push(byte);
            return;
        }
        self.rest = match byte {
            0xc3..=0xdf => 1,
            0xe0..=0xef => 2,
            0xf0..=0xf7 => 3,
            _ => 0,
        };
        match byte {
            ESCAPE => self.begin(State::Escape, byte),
            LEAD => self.begin(State::Lead, byte),
            // The terminal would answer with a text that somebody set.
            ENQUIRY => {}
            BELL | CANCEL | SUBSTITUTE => {
                self.open = false;
                out.push(byte);
            }
            0x80..=0x9f => {
                self.held.clear();
                self.introduce(byte, byte, out);
            }
            _ => out.push(byte),
        }
    }

    fn lead(&mut self, byte: u8, out: &mut Vec<u8>) {
        if (0x80..=0x9f).contains(&byte) {
            self.introduce(byte, byte, out);
        } else {
            self.let_go(self.open, out);
            self.ground(byte, out);
        }
    }

    /// A control character of the second kind, `raw`, or the escape sequence that stands for it.
    fn introduce(&mut self, control: u8, raw: u8, out: &mut Vec<u8>) {
        self.held.push(raw);
        match control {
            0x90 => self.state = State::Device,
            0x9b => self.state = State::Control,
            0x9d => self.state = State::Command,
            // Strings for applications, where a terminal that knows any lets them reach for files and other windows.
            0x98 | 0x9e | 0x9f => self.lose(State::Swallow { bell: false }, out),
            _ => self.let_go(self.open, out),
        }
    }

    fn escape(&mut self, byte: u8, out: &mut Vec<u8>) {
        let plain = self.held.len() == 1;
        match byte {
            ESCAPE => self.begin(State::Escape, byte),
            CANCEL | SUBSTITUTE => {
                self.lose(State::Ground, out);
                out.push(byte);
            }
            0..=0x1f | DELETE => out.extend(Some(byte).filter(|byte| *byte != ENQUIRY)),
            0x20..=0x2f if self.held.len() < LONGEST => self.held.push(byte),
            b'P' | b'X' | b'[' | b']' | b'^' | b'_' if plain => self.introduce(byte + 0x40, byte, out),
            0x80.. => {
                self.lose(State::Ground, out);
                self.ground(byte, out);
            }
            // Another character set than UTF-8 would give other bytes the meaning of controls.
            _ if self.held.get(1) == Some(&b'%') && byte != b'G' => self.lose(State::Ground, out),
            _ => {
                self.held.push(byte);
                self.let_go(false, out);
            }
        }
    }

    fn control(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            ESCAPE => self.begin(State::Escape, byte),
            CANCEL | SUBSTITUTE => {
                self.lose(State::Ground, out);
                out.push(byte);
            }
            0..=0x1f => out.extend(Some(byte).filter(|byte| *byte != ENQUIRY)),
            DELETE => {}
            0x20..=0x3f if self.held.len() < LONGEST => self.held.push(byte),
            0x20..=0x3f => self.state = State::LongControl,
            0x40..=0x7e if self.state == State::Control && passes(&self.held, byte) => {
                self.held.push(byte);
                self.let_go(false, out);
            }
            0x40..=0x7e => self.lose(State::Ground, out),
            0x80.. => {
                self.lose(State::Ground, out);
                self.ground(byte, out);
            }
        }
    }

    fn command(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            b'0'..=b'9' if self.held.len() < LONGEST => self.held.push(byte),
            // Some terminals skip these, so `5 NUL 2` is 52.
            0..=0x06 | 0x08..=0x17 | 0x19 | 0x1c..=0x1f | DELETE => {}
            _ => {
                let passes = command_passes(number(&self.held));
                if passes {
                    self.let_go(true, out);
                } else {
                    self.lose(State::Swallow { bell: true }, out);
                }
                self.step(byte, out);
            }
        }
    }

    fn device(&mut self, byte: u8, out: &mut Vec<u8>) {
        match byte {
            // Where a terminal in between unwraps the string, what is inside is looked at by itself.
            ESCAPE => self.begin(State::Escape, byte),
            CANCEL | SUBSTITUTE => self.lose(State::Ground, out),
            0..=0x1f | DELETE => {}
            0x20..=0x3f if self.held.len() < LONGEST => self.held.push(byte),
            0x40..=0x7e if string_passes(&self.held, byte) => {
                self.held.push(byte);
                self.let_go(true, out);
            }
            _ => self.lose(State::Swallow { bell: false }, out),
        }
    }

    fn swallow(&mut self, byte: u8, bell: bool) {
        match byte {
            ESCAPE => self.state = State::SwallowEscape,
            CANCEL | SUBSTITUTE => self.state = State::Ground,
            BELL if bell => self.state = State::Ground,
            _ => {}
        }
    }
}

/// The first number behind an introducer; one that does not fit is larger than any that passes.
fn number(held: &[u8]) -> Option<u32> {
    let digits =
        held.iter().skip_while(|byte| !byte.is_ascii_digit()).take_while(|byte| byte.is_ascii_digit());
    let grow = |sum: Option<u32>, digit: &u8| {
        let digit = u32::from(digit.saturating_sub(b'0'));
        Some(sum.unwrap_or(0).saturating_mul(10).saturating_add(digit))
    };
    digits.fold(None, grow)
}

/// Numbers from here on might be cut to a smaller one by the terminal.
const LARGE: u32 = 100_000;

fn command_passes(number: Option<u32>) -> bool {
    number.is_none_or(|number| number < LARGE && !COMMANDS.iter().any(|(command, _)| *command == number))
}

/// Whether a control sequence with these parameters and final byte passes.
fn passes(held: &[u8], last: u8) -> bool {
    let has = |byte: u8| held.contains(&byte);
    match last {
        // Asks for the title of the window or its icon, which the program can have set.
        b't' => number(held).is_none_or(|number| number < LARGE && !matches!(number, 20 | 21)),
        // Prints, by a program of the machine.
        b'i' => false,
        // Reads the screen back; plays a macro, which could hold anything.
        b'y' | b'z' => !has(b'*'),
        _ => true,
    }
}

/// Whether a device control string with these parameters and final byte passes.
fn string_passes(held: &[u8], last: u8) -> bool {
    match last {
        // `@kitty-cmd`: remote control. `tmux;`: hands the rest to the terminal outside, unread.
        b'@' | b't' => false,
        // Lays texts on keys, to be typed by the person later.
        b'|' => false,
        // Defines a macro.
        b'z' => !held.contains(&b'!'),
        _ => true,
    }
}

#[cfg(test)]
#[path = "escapes_tests.rs"]
mod tests;
