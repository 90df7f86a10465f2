//! Packets as an interface of this machine sees them: a packet socket of Linux.

use std::fs::File;
use std::io::{self, IoSliceMut};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use discover::{FileReport, Gathered, Listener};
use model::Timestamp;
use nix::cmsg_space;
use nix::errno::Errno;
use nix::ifaddrs::getifaddrs;
use nix::sys::socket::sockopt::{RcvBuf, ReceiveTimeout, ReceiveTimestampns, RxqOvfl};
use nix::sys::socket::{
    AddressFamily, ControlMessageOwned, LinkAddr, MsgFlags, SockFlag, SockProtocol, SockType, bind, recvmsg,
    setsockopt, socket,
};
use nix::sys::time::{TimeSpec, TimeVal, TimeValLike};

use super::ending::StreamEnding;

/// The largest packet that is taken, in bytes: more than one that a card puts together.
const PACKET_BYTES_MAX: usize = 1 << 18;

/// What the kernel holds until it is taken, in bytes; it may allow less.
const QUEUE_BYTES: usize = 16 << 20;

/// How long a packet is waited for before it is asked again whether it is to end.
const WAIT_MS: i64 = 100;

/// How many packets are still taken when it is to end: what waits in the kernel.
const REST_PACKETS: u32 = 1 << 16;

/// How much of a log of keys is read at once, in bytes.
const KEYS_BYTES: usize = 1 << 20;

/// Types of hardware of interfaces (`linux/if_arp.h`), and the types of link layers in captures that they are.
const ETHERNET: u16 = 1;
const PPP: u16 = 512;
const TUNNELS: &[u16] = &[768, 769, 778, 65_534];
const LOOPBACK: u16 = 772;
const LINK_ETHERNET: u32 = 1;
const LINK_PPP: u32 = 9;
const LINK_RAW: u32 = 101;

/// What the kernel says of a packet that this machine sends.
const OUTGOING: u8 = 4;

/// An interface that is listened to.
#[derive(Debug)]
pub(super) struct Interface {
    socket: OwnedFd,
    number: usize,
    /// The type of its link layer.
    pub(super) link: u32,
    /// Whether each packet is seen as it is sent and as it is received.
    is_loopback: bool,
    buffer: Vec<u8>,
    control: Vec<u8>,
    /// Packets that the kernel had no room for.
    pub(super) dropped: u32,
}

/// Why an interface cannot be listened to.
#[derive(Debug)]
pub(super) enum InterfaceFault {
    /// There is none of this name; those that there are.
    Unknown(String, Vec<String>),
    /// What its frames are made of is not known: the type of its hardware.
    Link(String, u16),
    /// Whoever runs this may not.
    Forbidden,
    /// The system says no.
    System(Errno),
}

impl std::fmt::Display for InterfaceFault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            InterfaceFault::Unknown(name, names) => {
                writeln!(f, "error: there is no interface `{}`", name.escape_debug())?;
                writeln!(f, "  help: there are {}", names.join(", "))
            }
            InterfaceFault::Link(name, hardware) => {
                writeln!(
                    f,
                    "error: frames of `{name}` are not understood: its hardware is of type {hardware}"
                )
            }
            InterfaceFault::Forbidden => {
                writeln!(f, "error: listening to an interface is not permitted")?;
                writeln!(f, "  help: run as root, or once `setcap cap_net_raw+ep` on the program")
            }
            InterfaceFault::System(errno) => {
                writeln!(f, "error: the interface cannot be listened to: {errno}")
            }
        }
    }
}

impl From<Errno> for InterfaceFault {
    fn from(errno: Errno) -> InterfaceFault {
        match errno {
            Errno::EPERM | Errno::EACCES => InterfaceFault::Forbidden,
            other => InterfaceFault::System(other),
        }
    }
}

impl Interface {
    /// Listens to the interface of this name from now on.
    pub(super) fn listen(name: &str) -> Result<Interface, InterfaceFault> {
        let known: Vec<(String, LinkAddr)> = getifaddrs()?
            .filter_map(|interface| {
                let address = interface.address.as_ref()?.as_link_addr().copied()?;
                Some((interface.interface_name, address))
            })
            .collect();
        let Some((_, address)) = known.iter().find(|(known, _)| known == name) else {
            let names = known.into_iter().map(|(name, _)| format!("`{name}`")).collect();
            return Err(InterfaceFault::Unknown(name.to_owned(), names));
        };
        let link = match address.hatype() {
            ETHERNET | LOOPBACK => LINK_ETHERNET,
            PPP => LINK_PPP,
            hardware if TUNNELS.contains(&hardware) => LINK_RAW,
            hardware => return Err(InterfaceFault::Link(name.to_owned(), hardware)),
        };
        let flags = SockFlag::SOCK_CLOEXEC;
        let socket = socket(AddressFamily::Packet, SockType::Raw, flags, SockProtocol::EthAll)?;
        setsockopt(&socket, RcvBuf, &QUEUE_BYTES)?;
        setsockopt(&socket, ReceiveTimestampns, &true)?;
        setsockopt(&socket, RxqOvfl, &1)?;
        setsockopt(&socket, ReceiveTimeout, &TimeVal::milliseconds(WAIT_MS))?;
        // The address names the interface and no protocol, so that of the socket stays.
        bind(socket.as_raw_fd(), address)?;
        Ok(Interface {
            socket,
            number: address.ifindex(),
            link,
            is_loopback: address.hatype() == LOOPBACK,
            buffer: vec![0; PACKET_BYTES_MAX],
            control: cmsg_space!(TimeSpec, u32),
            dropped: 0,
        })
    }

    /// The next packet and when it came; none where none came for a while.
    pub(super) fn next(&mut self) -> io::Result<Option<(Option<Timestamp>, &[u8])>> {
        let mut parts = [IoSliceMut::new(&mut self.buffer)];
        let received = recvmsg::<LinkAddr>(
            self.socket.as_raw_fd(),
            &mut parts,
            Some(&mut self.control),
            MsgFlags::empty(),
        );
        let received = match received {
            Ok(received) => received,
            Err(Errno::EAGAIN | Errno::EINTR) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let mut time = None;
        for message in received.cmsgs()? {
            match message {
                ControlMessageOwned::ScmTimestampns(at) => {
                    time = Some(Timestamp::default().plus(Duration::from(at)));
                }
                ControlMessageOwned::RxqOvfl(count) => self.dropped = count,
                _ => {}
            }
        }
        // Before it was bound, the socket heard of every interface.
        let is_its_own = received.address.is_some_and(|address: LinkAddr| {
            address.ifindex() == self.number && !(self.is_loopback && address.pkttype() == OUTGOING)
        });
        let count = if is_its_own { received.bytes } else { 0 };
        Ok(Some((time, self.buffer.get(..count).unwrap_or_default())))
    }
}

/// An interface that is listened to, with the logs of keys beside it.
pub(super) struct Listening<'l> {
    pub(super) interface: Interface,
    pub(super) ending: StreamEnding,
    pub(super) keylog: &'l [PathBuf],
}

impl Listening<'_> {
    /// Takes packets until it is to end.
    pub(super) fn run(mut self, gathered: &Gathered<'_>) -> FileReport {
        let mut listener = Listener::new(0, gathered);
        let mut keys: Vec<Keys<'_>> = self.keylog.iter().map(|path| Keys::at(path)).collect();
        let (mut rest, mut fault) = (REST_PACKETS, None);
        while rest > 0 {
            let is_over = self.ending.is_over();
            rest -= u32::from(is_over);
            let link = self.interface.link;
            match self.interface.next() {
                Ok(Some((time, bytes))) => {
                    // A peer writes its keys down before it sends what they are for.
                    keys.iter_mut().filter_map(Keys::more).for_each(|text| listener.add_keys(&text));
                    if !bytes.is_empty() {
                        listener.hear(link, time, bytes);
                    }
                }
                Ok(None) if is_over => break,
                Ok(None) => {}
                Err(error) => {
                    fault = Some(error.to_string());
                    break;
                }
            }
        }
        let dropped = u64::from(self.interface.dropped);
        FileReport { dropped, fault, ..listener.finish() }
    }
}

/// A log of keys, and how much of it is known.
struct Keys<'l> {
    path: &'l Path,
    file: Option<File>,
    read: u64,
}

impl<'l> Keys<'l> {
    fn at(path: &'l Path) -> Keys<'l> {
        Keys { path, file: None, read: 0 }
    }

    /// The whole lines that are new; it may come later, and what cannot be read has none.
    fn more(&mut self) -> Option<String> {
        if self.file.is_none() {
            self.file = File::open(self.path).ok();
        }
        let file = self.file.as_ref()?;
        let length = file.metadata().ok()?.len();
        if length < self.read {
            self.read = 0;
        }
        if length == self.read {
            return None;
        }
        let mut buffer = vec![0; usize::try_from(length - self.read).ok()?.min(KEYS_BYTES)];
        let count = file.read_at(&mut buffer, self.read).ok()?;
        let end = buffer.get(..count)?.iter().rposition(|byte| *byte == b'\n')? + 1;
        self.read += end as u64;
        Some(String::from_utf8_lossy(buffer.get(..end)?).into_owned())
    }
}
