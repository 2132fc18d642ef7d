//! `wardline exec` inside a session: the program is started beside the session by its monitor, narrowed by a capability manifest.

use std::io::{BufRead as _, BufReader, Write as _};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::process::ExitCode;
use std::thread::JoinHandle;

use wardline_monitor::World;
use wardline_monitor::sandbox::lend;
use wardline_monitor::session::START_SOCKET;
use wardline_monitor::session::beside::{Reply, Request};

use crate::exit;

/// Whether this process is inside a session that starts programs beside itself.
pub(crate) fn is_inside() -> bool {
    Path::new(START_SOCKET).exists()
}

/// Has the program started, lends it our streams, and waits for its end.
pub(crate) fn run(world: &World, request: &Request) -> ExitCode {
    match ask(request) {
        Ok(code) => code,
        Err(e) => {
            let project = world.project.display();
            exit::fail(exit::FAILED, format!("the monitor of the session in {project} does not answer ({e})"))
        }
    }
}

fn ask(request: &Request) -> std::io::Result<ExitCode> {
    let socket = UnixStream::connect(START_SOCKET)?;
    let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
    let mut carried = Carried::default();
    let input = carried.input(stdin.as_fd())?;
    let output = carried.output(stdout.as_fd(), std::io::stdout)?;
    let errors = carried.output(stderr.as_fd(), std::io::stderr)?;
    let lent = |end: &Option<Box<dyn AsFd>>, own: &dyn AsFd| -> std::io::Result<std::os::fd::OwnedFd> {
        end.as_ref().map_or_else(|| own.as_fd(), |end| end.as_fd()).try_clone_to_owned()
    };
    let streams = [lent(&input, &stdin)?, lent(&output, &stdout)?, lent(&errors, &stderr)?];
    drop((input, output, errors));
    let sent = lend::send(&socket, streams.each_ref().map(AsFd::as_fd), 1);
    let sent = sent.and_then(|()| (&socket).write_all(request.to_line().as_bytes()));
    drop(streams);
    let mut code = None;
    for line in BufReader::new(&socket).lines() {
        match Reply::read(&line?) {
            Some(Reply::Started) => {}
            Some(Reply::Refused { code: refused, text }) => return Ok(exit::fail(refused, text)),
            Some(Reply::Ended { code: ended, told }) => {
                code = Some(ended);
                carried.finish();
                told.iter().for_each(|line| eprintln!("wardline: {line}"));
            }
            None => return Err(std::io::Error::other("it sent no usable reply")),
        }
    }
    // A monitor that takes no more says so without hearing us out.
    sent?;
    code.map(ExitCode::from).ok_or_else(|| std::io::Error::other("it hung up"))
}

/// Streams that cannot be lent, such as a terminal: bytes are copied for the program instead.
#[derive(Default)]
struct Carried {
    outputs: Vec<JoinHandle<()>>,
}

impl Carried {
    /// What is lent in the place of our input; nothing where that can be lent itself.
    fn input(&mut self, own: BorrowedFd<'_>) -> std::io::Result<Option<Box<dyn AsFd>>> {
        if lend::can_be_lent(own)? {
            return Ok(None);
        }
        let (lent, mut kept) = std::io::pipe()?;
        // It ends with this process.
        std::thread::spawn(move || std::io::copy(&mut std::io::stdin(), &mut kept).ok());
        Ok(Some(Box::new(lent)))
    }

    /// As [`Self::input`], for an output.
    fn output<W: std::io::Write + 'static>(
        &mut self,
        own: BorrowedFd<'_>,
        to: fn() -> W,
    ) -> std::io::Result<Option<Box<dyn AsFd>>> {
        if lend::can_be_lent(own)? {
            return Ok(None);
        }
        let (mut kept, lent) = std::io::pipe()?;
        let copy = move || {
            let mut to = to();
            std::io::copy(&mut kept, &mut to).and_then(|_| to.flush()).ok();
        };
        self.outputs.push(std::thread::spawn(copy));
        Ok(Some(Box::new(lent)))
    }

    /// Waits until everything was shown. The program is gone, so nobody writes any more.
    fn finish(&mut self) {
        self.outputs.drain(..).for_each(|thread| drop(thread.join()));
    }
}
