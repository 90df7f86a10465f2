//! Listening sockets and the log's lock on their way from a running gateway to the one that takes its place.
//!
//! Sockets are handed over, not bound anew: connections that the kernel has accepted wait in them, and would be reset with
//! them.

use std::io::{self, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::net::{SocketAddr, TcpListener};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use gateway::Inherited;
use rustix::net::sockopt::{Timeout, set_socket_timeout};
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType,
};
use tokio::sync::oneshot;

/// The socket in the data folder that a gateway is asked at; who may write to the folder may ask.
const SOCKET: &str = "take-over";

/// How long one message may take; the last comes when the other gateway is up.
const MESSAGE_TIMEOUT: Duration = Duration::from_secs(60);

/// Gateways that wait to take over, of which one will.
const BACKLOG: i32 = 1;

/// Bytes of a message at most: what a file is for.
const MESSAGE_BYTES_MAX: usize = 128;

/// What a message says when there is nothing more to come.
const END: &str = "end";
const LOCK: &str = "lock";
const ADMIN: &str = "admin";

/// What a gateway hands over.
#[derive(Debug)]
pub(crate) struct Belongings {
    pub(crate) listening: Vec<Inherited>,
    /// The admin listener, by its address in the config.
    pub(crate) admin: Option<(SocketAddr, TcpListener)>,
    /// Holds the exchange log for both.
    pub(crate) lock: OwnedFd,
}

/// A gateway that hands over, until it has ended.
#[derive(Debug)]
pub(crate) struct Predecessor(OwnedFd);

/// A gateway that has taken over; it sees our end when this is dropped.
#[derive(Debug)]
pub(crate) struct Successor {
    _connection: OwnedFd,
}

/// Takes what the gateway on this data folder has.
///
/// # Errors
/// In words, where there is none or it does not answer as it should.
pub(crate) fn take(data: &Path) -> Result<(Predecessor, Belongings), String> {
    let path = data.join(SOCKET);
    let failed = |error: io::Error| format!("no gateway to take over from at `{}`: {error}", path.display());
    let connection = connect(&path).map_err(failed)?;
    let (mut listening, mut admin, mut lock) = (Vec::new(), None, None);
    loop {
        let (what, file) = receive(connection.as_fd()).map_err(failed)?;
        match (what.split_once(' ').unwrap_or((what.as_str(), "")), file) {
            ((END, ""), None) => break,
            ((LOCK, ""), Some(file)) => lock = Some(file),
            ((kind, address), Some(file)) => {
                let address = address.parse().ok().ok_or_else(|| failed(malformed()))?;
                match kind {
                    ADMIN => admin = Some((address, file.into())),
                    _ => listening.push(Inherited { address, socket: file.into() }),
                }
            }
            _ => return Err(failed(malformed())),
        }
    }
    let lock = lock.ok_or_else(|| failed(malformed()))?;
    Ok((Predecessor(connection), Belongings { listening, admin, lock }))
}

impl Predecessor {
    /// Tells it that we take requests, so that it takes no more.
    pub(crate) fn release(&self) -> io::Result<()> {
        send(self.0.as_fd(), END, None)
    }

    /// Waits until it has ended, as long as that takes.
    pub(crate) fn wait(&self) -> io::Result<()> {
        set_socket_timeout(&self.0, Timeout::Recv, None)?;
        match receive(self.0.as_fd()) {
            Err(error) if error.kind() != io::ErrorKind::UnexpectedEof => Err(error),
            _ => Ok(()),
        }
    }
}

/// Offers what `belongings` gives, when asked, to whoever may write to the data folder, until somebody has taken it.
pub(crate) fn offer(
    data: &Path,
    belongings: impl Fn() -> io::Result<Belongings> + Send + 'static,
) -> io::Result<oneshot::Receiver<Successor>> {
    let listener = listen(&data.join(SOCKET))?;
    let (sender, receiver) = oneshot::channel();
    std::thread::Builder::new().name("take-over".to_owned()).spawn(move || {
        loop {
            match hand_over(listener.as_fd(), &belongings) {
                // Nobody waits for it where the gateway is stopping already.
                Ok(successor) => return drop(sender.send(successor)),
                Err(error) => tracing::error!(%error, "no gateway has taken over; this one goes on"),
            }
        }
    })?;
    Ok(receiver)
}

fn hand_over(
    listener: BorrowedFd<'_>,
    belongings: impl Fn() -> io::Result<Belongings>,
) -> io::Result<Successor> {
    let connection = rustix::net::accept_with(listener, SocketFlags::CLOEXEC)?;
    let socket = connection.as_fd();
    set_timeouts(socket)?;
    let Belongings { listening, admin, lock } = belongings()?;
    for Inherited { address, socket: file } in &listening {
        send(socket, &format!("listen {address}"), Some(file.as_fd()))?;
    }
    if let Some((address, file)) = &admin {
        send(socket, &format!("{ADMIN} {address}"), Some(file.as_fd()))?;
    }
    send(socket, LOCK, Some(lock.as_fd()))?;
    send(socket, END, None)?;
    match receive(socket)? {
        (what, None) if what == END => Ok(Successor { _connection: connection }),
        _ => Err(malformed()),
    }
}

/// Binds the socket; one that an earlier gateway left is replaced, as is that of one that was just taken over from.
fn listen(path: &Path) -> io::Result<OwnedFd> {
    let new: PathBuf = path.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let socket = socket()?;
    rustix::net::bind(&socket, &SocketAddrUnix::new(&new)?)?;
    std::fs::set_permissions(&new, std::fs::Permissions::from_mode(0o600))?;
    rustix::net::listen(&socket, BACKLOG)?;
    std::fs::rename(&new, path)?;
    Ok(socket)
}

fn connect(path: &Path) -> io::Result<OwnedFd> {
    let socket = socket()?;
    set_timeouts(socket.as_fd())?;
    rustix::net::connect(&socket, &SocketAddrUnix::new(path)?)?;
    Ok(socket)
}

/// One that keeps messages apart.
fn socket() -> io::Result<OwnedFd> {
    Ok(rustix::net::socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, SocketFlags::CLOEXEC, None)?)
}

fn set_timeouts(socket: BorrowedFd<'_>) -> io::Result<()> {
    set_socket_timeout(socket, Timeout::Recv, Some(MESSAGE_TIMEOUT))?;
    Ok(set_socket_timeout(socket, Timeout::Send, Some(MESSAGE_TIMEOUT))?)
}

fn send(socket: BorrowedFd<'_>, what: &str, file: Option<BorrowedFd<'_>>) -> io::Result<()> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut files = SendAncillaryBuffer::new(&mut space);
    let file = file.as_slice();
    if !file.is_empty() && !files.push(SendAncillaryMessage::ScmRights(file)) {
        return Err(malformed());
    }
    rustix::net::sendmsg(socket, &[IoSlice::new(what.as_bytes())], &mut files, SendFlags::NOSIGNAL)?;
    Ok(())
}

/// The next message, and the file that came with it.
fn receive(socket: BorrowedFd<'_>) -> io::Result<(String, Option<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut files = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = [0; MESSAGE_BYTES_MAX];
    let received = rustix::net::recvmsg(
        socket,
        &mut [IoSliceMut::new(&mut bytes)],
        &mut files,
        RecvFlags::CMSG_CLOEXEC,
    )?;
    let file = files.drain().find_map(|message| match message {
        RecvAncillaryMessage::ScmRights(mut files) => files.next(),
        _ => None,
    });
    let said = bytes.get(..received.bytes).filter(|said| !said.is_empty());
    let said = said.ok_or(io::ErrorKind::UnexpectedEof)?;
    if received.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(malformed());
    }
    let text =
        std::str::from_utf8(said).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    Ok((text.to_owned(), file))
}

fn malformed() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it does not speak as this version does")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn belongings(folder: &Path) -> io::Result<Belongings> {
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = || TcpListener::bind(address);
        let lock = std::fs::File::create(folder.join("lock"))?.into();
        let listening = vec![
            Inherited { address, socket: bound()? },
            Inherited { address: SocketAddr::from(([127, 0, 0, 1], 80)), socket: bound()? },
        ];
        Ok(Belongings { listening, admin: Some((address, bound()?)), lock })
    }

    #[test]
    fn everything_arrives_and_each_side_sees_the_other_go() {
        let folder = tempfile::tempdir().unwrap();
        let owned = folder.path().to_owned();
        let taken = offer(folder.path(), move || belongings(&owned)).unwrap();
        let (predecessor, got) = take(folder.path()).unwrap();
        let ports: Vec<u16> = got.listening.iter().map(|inherited| inherited.address.port()).collect();
        assert_eq!(ports, [0, 80]);
        assert!(got.listening.iter().all(|inherited| inherited.socket.local_addr().unwrap().port() > 0));
        assert!(got.admin.unwrap().1.local_addr().is_ok());
        predecessor.release().unwrap();
        drop(taken.blocking_recv().unwrap());
        predecessor.wait().unwrap();
    }

    #[test]
    fn whoever_leaves_before_it_is_up_takes_nothing_from_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let owned = folder.path().to_owned();
        let mut taken = offer(folder.path(), move || belongings(&owned)).unwrap();
        drop(take(folder.path()).unwrap());
        assert!(taken.try_recv().is_err());
        let (predecessor, _) = take(folder.path()).unwrap();
        predecessor.release().unwrap();
        taken.blocking_recv().unwrap();
    }
}
