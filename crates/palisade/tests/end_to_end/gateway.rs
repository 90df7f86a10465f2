//! The program as its users run it: a process, the addresses it says it took, what it prints, and how it ends.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Instant;

pub(crate) use rustix::process::Signal;
use rustix::process::{Pid, kill_process};

use crate::client::{Answer, Client, DEADLINE, get};

/// A process that runs `palisade run`; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Gateway {
    /// Where it takes requests, in the order of `listen`.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Where it answers about itself.
    pub(crate) admin: SocketAddr,
    process: Process,
}

/// A process that goes on, and what it says; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    lines: Receiver<String>,
    said: String,
}

impl Gateway {
    /// Starts `command` and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command) -> Gateway {
        let nowhere = SocketAddr::from(([0, 0, 0, 0], 0));
        let process = Process::start(command, Stdio::null());
        let mut gateway = Gateway { addresses: Vec::new(), admin: nowhere, process };
        gateway.admin = loop {
            let line = gateway.wait_for(" on http");
            let address = line.rsplit_once("://").unwrap().1.parse().unwrap();
            if line.starts_with("admin on ") {
                break address;
            }
            gateway.addresses.push(address);
        };
        gateway
    }

    /// Its first address.
    pub(crate) fn address(&self) -> SocketAddr {
        self.addresses[0]
    }

    /// Waits for the next line that has `mark` in it.
    pub(crate) fn wait_for(&mut self, mark: &str) -> String {
        self.process.wait_for(mark)
    }

    /// Everything that it printed and that was waited for.
    pub(crate) fn said(&mut self) -> &str {
        self.process.said()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        self.process.signal(signal);
    }

    /// Waits for its end; how it ended and everything that it printed.
    pub(crate) fn wait(self) -> (ExitStatus, String) {
        self.process.wait()
    }

    /// Stops it as an operator does; everything that it printed.
    pub(crate) fn stop(self) -> String {
        self.signal(Signal::TERM);
        let (status, said) = self.wait();
        assert!(status.success(), "{status}:\n{said}");
        said
    }

    /// A page of the admin listener.
    pub(crate) fn page(&self, path: &str) -> Answer {
        Client::connect(self.admin).ask(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").as_bytes())
    }

    /// One metric's number: the line that begins with `name`, labels included.
    pub(crate) fn metric(&self, name: &str) -> u64 {
        let text = String::from_utf8(self.page("/metrics").body).unwrap();
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no metric `{name}` in:\n{text}")).parse().unwrap()
    }

    /// Sends one request to its first address on a connection of its own.
    pub(crate) fn ask(&self, request: &[u8]) -> Answer {
        crate::client::ask(self.address(), request)
    }

    /// Asks for a path without any field.
    pub(crate) fn get(&self, target: &str) -> Answer {
        self.ask(&get(target, &[]))
    }
}

impl Process {
    /// Starts `command` with this standard input.
    pub(crate) fn start(command: &mut Command, stdin: Stdio) -> Process {
        let (child, lines) = piped(command.stdin(stdin));
        Process { child, lines, said: String::new() }
    }

    /// What is written here it reads, where its standard input is piped.
    pub(crate) fn stdin(&mut self) -> ChildStdin {
        self.child.stdin.take().unwrap()
    }

    /// Waits for the next line that has `mark` in it.
    pub(crate) fn wait_for(&mut self, mark: &str) -> String {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    self.hear(&line);
                    if line.contains(mark) {
                        return line;
                    }
                }
                Err(error) => panic!("no line with `{mark}` ({error}) after:\n{}", self.said),
            }
        }
    }

    /// Everything that it printed and that was waited for.
    pub(crate) fn said(&mut self) -> &str {
        while let Ok(line) = self.lines.try_recv() {
            self.hear(&line);
        }
        &self.said
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits for its end; how it ended and everything that it printed.
    pub(crate) fn wait(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + DEADLINE;
        loop {
            match self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => self.hear(&line),
                // Its outputs are closed, which only its end does.
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => panic!("it does not end after:\n{}", self.said),
            }
        }
        let status = self.child.wait().unwrap();
        (status, std::mem::take(&mut self.said))
    }

    fn hear(&mut self, line: &str) {
        self.said.push_str(line);
        self.said.push('\n');
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Starts `command`; the lines of both outputs, until both are closed.
pub(crate) fn spawn(command: &mut Command) -> (Child, Receiver<String>) {
    piped(command.stdin(Stdio::null()))
}

fn piped(command: &mut Command) -> (Child, Receiver<String>) {
    let piped = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    let (sender, lines) = channel();
    let outputs: [Box<dyn Read + Send>; 2] =
        [Box::new(child.stdout.take().unwrap()), Box::new(child.stderr.take().unwrap())];
    for output in outputs {
        let sender = sender.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(output).lines() {
                // Nobody listens once the test is over.
                drop(sender.send(line.unwrap()));
            }
        });
    }
    (child, lines)
}
