//! Listening: where, for how many at a time, and for how long a request may take to arrive.

use std::fs;
use std::io::{self, Read as _};
use std::net::{Ipv4Addr, TcpListener};
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper::rt::{Read, Write};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::sync::Semaphore;

use crate::guard::Name;
use crate::{Place, Subject, Ui, UiError, routes};

/// Connections at a time; a browser opens six, one more for each page that is live.
const MOST: usize = 64;
/// How long the head of a request may take.
const HEAD: Duration = Duration::from_secs(10);
/// Bytes of a head.
const MOST_HEAD: usize = 32 * 1024;
/// Threads for panes, which read files.
const THREADS: usize = 4;

/// A server that listens and has answered nothing yet.
#[derive(Debug)]
pub struct Server {
    ui: Arc<Ui>,
    listener: Listener,
    address: String,
}

#[derive(Debug)]
enum Listener {
    Loopback(TcpListener),
    Socket(UnixListener, PathBuf),
}

impl Server {
    /// Begins to listen.
    ///
    /// # Errors
    /// [`UiError`]; nothing listens then.
    pub fn bind(subject: Subject, place: &Place) -> Result<Self, UiError> {
        let (listener, address, name) = match place {
            Place::Loopback => {
                let listener = loopback().map_err(|e| UiError::Listen("127.0.0.1".to_owned(), e))?;
                let address = listener.local_addr().map_err(UiError::Start)?.to_string();
                (Listener::Loopback(listener), format!("http://{address}"), Name::Exact(address))
            }
            Place::Socket(path) => {
                let listener = socket(path).map_err(|e| UiError::Listen(path.display().to_string(), e))?;
                (Listener::Socket(listener, path.clone()), path.display().to_string(), Name::Socket)
            }
        };
        let ui = Ui::new(subject, name).map_err(UiError::Randomness)?;
        Ok(Self { ui: Arc::new(ui), listener, address })
    }

    /// Where it listens: an address for a browser, or the name of the socket.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// What makes links.
    #[must_use]
    pub fn links(&self) -> Links {
        Links { ui: Arc::clone(&self.ui), address: self.address.clone() }
    }

    /// Answers requests until the process ends.
    ///
    /// # Errors
    /// [`UiError::Start`] when it cannot begin.
    pub fn serve(self) -> Result<(), UiError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .max_blocking_threads(THREADS)
            .build()
            .map_err(UiError::Start)?;
        runtime.block_on(self.accept()).map_err(UiError::Start)
    }

    async fn accept(self) -> io::Result<()> {
        let router = routes::router(self.ui);
        let room = Arc::new(Semaphore::new(MOST));
        match self.listener {
            Listener::Loopback(listener) => {
                listener.set_nonblocking(true)?;
                let listener = tokio::net::TcpListener::from_std(listener)?;
                loop {
                    let Ok(place) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
                    match listener.accept().await {
                        Ok((stream, _)) => answer(TokioIo::new(stream), router.clone(), place),
                        // Too many open files, or a client that is gone again.
                        Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                    }
                }
            }
            Listener::Socket(listener, path) => {
                listener.set_nonblocking(true)?;
                let _gone_at_the_end = Removed(path);
                let listener = tokio::net::UnixListener::from_std(listener)?;
                loop {
                    let Ok(place) = Arc::clone(&room).acquire_owned().await else { return Ok(()) };
                    match listener.accept().await {
                        Ok((stream, _)) => answer(TokioIo::new(stream), router.clone(), place),
                        Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
                    }
                }
            }
        }
    }
}

/// Makes links into the page of a server.
#[derive(Debug, Clone)]
pub struct Links {
    ui: Arc<Ui>,
    address: String,
}

impl Links {
    /// A link that lets one browser in, once. Its secret stands after `#`, which no browser sends to anybody.
    ///
    /// # Errors
    /// [`UiError::Randomness`].
    pub fn fresh(&self) -> Result<String, UiError> {
        let secret = self.ui.door.link().map_err(UiError::Randomness)?;
        Ok(format!("{}/#{secret}", self.address))
    }
}

/// Answers one connection.
fn answer(
    stream: impl Read + Write + Unpin + Send + 'static,
    router: axum::Router,
    place: tokio::sync::OwnedSemaphorePermit,
) {
    tokio::spawn(async move {
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD)
            .max_buf_size(MOST_HEAD)
            .keep_alive(true)
            .serve_connection(stream, TowerToHyperService::new(router));
        // A client that is gone or talks nonsense is no concern of anybody.
        connection.await.ok();
        drop(place);
    });
}

/// A loopback address of its own. All of 127.0.0.0/8 is loopback on Linux: an address that nobody else uses has a cookie that
/// browsers send to nobody else (they do not tell ports apart), and no `--forward`, which leads to 127.0.0.1, can lead to it.
fn loopback() -> io::Result<TcpListener> {
    let mut bytes = [0_u8; 3];
    fs::File::open("/dev/urandom")?.read_exact(&mut bytes)?;
    let [a, b, c] = bytes.map(|byte| byte.clamp(1, 254));
    TcpListener::bind((Ipv4Addr::new(127, a, b, c), 0))
        .or_else(|_| TcpListener::bind((Ipv4Addr::LOCALHOST, 0)))
}

/// A socket that only its owner can open. What a dead server left there is removed, what a living one holds is not.
fn socket(path: &Path) -> io::Result<UnixListener> {
    use std::os::unix::fs::FileTypeExt as _;
    if path.symlink_metadata().is_ok_and(|found| found.file_type().is_socket()) {
        if std::os::unix::net::UnixStream::connect(path).is_ok() {
            return Err(io::Error::new(io::ErrorKind::AddrInUse, "another server answers there"));
        }
        fs::remove_file(path)?;
    }
    let listener = UnixListener::bind(path)?;
    fs::set_permissions(path, fs::Permissions::from_mode(0o600))?;
    Ok(listener)
}

/// Removes the socket when the server ends.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        fs::remove_file(&self.0).ok();
    }
}
