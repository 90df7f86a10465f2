//! Listening sockets: one a worker for each address, bound anew or taken over from the gateway that ran before.

use std::io;
use std::net::{SocketAddr, TcpListener};

use socket2::{Domain, Socket, Type};

use crate::snapshot::ListenerKey;
use crate::third_party::Side;

/// How many connections wait in the kernel for a worker to accept them.
const BACKLOG: i32 = 1024;

/// A listening socket that goes from one gateway to the next.
#[derive(Debug)]
pub struct Inherited {
    /// The address by the config, whose port may be 0.
    pub address: SocketAddr,
    /// The socket.
    pub socket: TcpListener,
}

/// What a listener is from its start on.
#[derive(Debug, Clone, Copy)]
pub(super) struct Door {
    /// Where its settings are found, which a reload may change.
    pub key: ListenerKey,
    /// Which APIs it serves: no reload makes one that faces callers one that holds credentials.
    pub side: Side,
}

/// Listening sockets of one worker.
pub(super) type OfWorker = Vec<(Door, TcpListener)>;

/// Sockets for `address`, at least one for each of `workers`: those of it in `inherited`, and as many more as are
/// missing. Two listeners with port 0 have two addresses, of which each takes one.
pub(super) fn sockets(
    address: SocketAddr,
    workers: usize,
    inherited: &mut Vec<Inherited>,
) -> io::Result<Vec<TcpListener>> {
    let mut taken = Vec::new();
    let mut bound = address;
    let first = inherited.iter().find(|inherited| inherited.address == address);
    if let Some(first) = first {
        bound = first.socket.local_addr()?;
        let is_same = |inherited: &Inherited| {
            inherited.address == address && inherited.socket.local_addr().is_ok_and(|found| found == bound)
        };
        taken.extend(inherited.extract_if(.., |inherited| is_same(inherited)).map(|found| found.socket));
    }
    while taken.len() < workers {
        let socket = bind(bound)?;
        // Port 0 is chosen by the first worker's socket and shared by the others.
        bound = socket.local_addr()?;
        taken.push(socket);
    }
    Ok(taken)
}

fn bind(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, Some(socket2::Protocol::TCP))?;
    socket.set_reuse_address(true)?;
    // Each worker has a socket of its own and the kernel spreads connections over them, so no worker waits for another.
    socket.set_reuse_port(true)?;
    socket.set_nonblocking(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    Ok(socket.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inherited(address: SocketAddr, sockets: &[TcpListener]) -> Vec<Inherited> {
        let again = |socket: &TcpListener| Inherited { address, socket: socket.try_clone().unwrap() };
        sockets.iter().map(again).collect()
    }

    #[test]
    fn sockets_of_an_address_are_taken_over_and_what_lacks_is_bound_beside_them() {
        let any: SocketAddr = "127.0.0.1:0".parse().unwrap();
        let address = |sockets: &[TcpListener]| -> Vec<_> {
            sockets.iter().map(|socket| socket.local_addr().unwrap()).collect()
        };
        let (first, second) =
            (sockets(any, 2, &mut Vec::new()).unwrap(), sockets(any, 1, &mut Vec::new()).unwrap());
        let mut left = inherited(any, &first);
        left.extend(inherited(any, &second));
        // More workers than sockets, fewer, and an address that nobody had.
        let took = sockets(any, 3, &mut left).unwrap();
        assert_eq!(address(&took), [address(&first)[0]; 3]);
        assert_eq!(address(&sockets(any, 1, &mut left).unwrap()), address(&second));
        assert!(left.is_empty());
        assert_ne!(address(&sockets(any, 1, &mut left).unwrap()), address(&second));
    }
}
