//! Reads a stream to its end within bounds of size and time, for a process that must answer whatever comes.

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::io::{Errno, read};

/// Reads `stream` to its end, keeping at most `keep` bytes and throwing away what comes behind them, because a writer whose
/// pipe breaks takes that for a failure of the reader. Stops at the deadline with what it has.
///
/// The flag tells whether the end was reached.
#[must_use]
pub fn read_input(stream: &impl AsFd, keep: usize, deadline: Duration) -> (Vec<u8>, bool) {
    let end = Instant::now() + deadline;
    let mut kept = Vec::new();
    // Small: calls are short, and each page that is touched costs a start some microseconds.
    let mut buffer = [0_u8; 8 * 1024];
    loop {
        let left = end.saturating_duration_since(Instant::now());
        let Ok(timeout) = Timespec::try_from(left) else { return (kept, false) };
        let mut watched = [PollFd::new(stream, PollFlags::IN)];
        match poll(&mut watched, Some(&timeout)) {
            Ok(0) => return (kept, false),
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => return (kept, false),
        }
        match read(stream, &mut buffer) {
            Ok(0) => return (kept, true),
            Ok(count) => {
                let room = keep.saturating_sub(kept.len());
                kept.extend(buffer.iter().take(count.min(room)));
            }
            Err(Errno::INTR | Errno::AGAIN) => {}
            Err(_) => return (kept, false),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;

    #[test]
    fn input_is_bounded_in_size_and_time() {
        type Row<'a> = (&'a [u8], bool, usize, (&'a [u8], bool));
        let table: [Row<'_>; 4] = [
            (b"whole", true, 100, (b"whole", true)),
            (b"too long", true, 3, (b"too", true)),
            (b"", true, 3, (b"", true)),
            (b"never ends", false, 100, (b"never ends", false)),
        ];
        for (sent, closed, keep, (kept, ended)) in table {
            let (reader, mut writer) = std::io::pipe().unwrap();
            writer.write_all(sent).unwrap();
            let open = (!closed).then_some(writer);
            let (bytes, end) = read_input(&reader, keep, Duration::from_millis(50));
            assert_eq!((bytes.as_slice(), end), (kept, ended));
            drop(open);
        }
    }
}
