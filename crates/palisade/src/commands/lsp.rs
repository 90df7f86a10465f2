//! `palisade lsp`: the review as one types, for editors that speak the Language Server Protocol (3.17).

mod analysis;
mod config;
mod open;
mod position;
mod protocol;
mod server;
mod wire;

use std::io;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Instant;

use crate::cli::Exit;
use server::{Next, Server};
use wire::Received;

/// Messages that wait to be looked at; then the editor waits.
const WAITING_MAX: usize = 64;

/// Serves one editor on standard input and output, until it says that it is done or goes away.
pub(crate) fn run() -> Exit {
    let (sender, receiver) = mpsc::sync_channel(WAITING_MAX);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        // The end of the input ends this thread, which closes the channel, which ends the server.
        while let Ok(Some(received)) = wire::read(&mut input) {
            if sender.send(received).is_err() {
                return;
            }
        }
    });
    serve(&receiver, Server::new(io::stdout())).unwrap_or(Exit::Failed)
}

fn serve(receiver: &Receiver<Received>, mut server: Server<impl io::Write>) -> io::Result<Exit> {
    loop {
        let now = Instant::now();
        let received = match server.review_at() {
            Some(at) if at <= now => {
                server.review_changed()?;
                continue;
            }
            Some(at) => receiver.recv_timeout(at - now),
            None => receiver.recv().map_err(|mpsc::RecvError| RecvTimeoutError::Disconnected),
        };
        match received {
            Ok(received) => {
                if let Next::End(exit) = server.take(received, Instant::now())? {
                    return Ok(exit);
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return Ok(Exit::Clean),
        }
    }
}
