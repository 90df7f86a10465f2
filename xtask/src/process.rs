//! Programs started beside us: their output read line by line, their end certain, their use of processor and memory.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};

use crate::failure::{Failure, Outcome, because};

/// How long a program may take to be ready.
const READY_MAX: Duration = Duration::from_secs(20);
/// Lines that wait to be read; a program that writes more waits for us.
const LINES_MAX: usize = 4_096;
/// Lines kept to explain an early end.
const LINES_KEPT: usize = 40;
/// What the kernel counts the time of processes in, whatever its own clock is (`USER_HZ`).
const TICKS_A_SECOND: u64 = 100;
/// Between two looks at something that is about to happen.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// A running program; it is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    last: Arc<Mutex<VecDeque<String>>>,
}

/// What a process has used since it started.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Usage {
    /// Time on a processor, in user and in kernel mode, over all threads.
    pub(crate) processor: Duration,
    /// Memory that is resident at this moment.
    pub(crate) resident_bytes: u64,
}

/// What a program took from its start to its end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Run {
    pub(crate) elapsed: Duration,
    /// Time on a processor, in user and in kernel mode, over all its threads and those that it waited for.
    pub(crate) processor: Duration,
    /// The most that was resident, of itself and what it started, as it was seen a moment before the end.
    pub(crate) peak_bytes: u64,
    pub(crate) status: ExitStatus,
    /// It ended as programs do that judge: with nothing found, or with something.
    pub(crate) is_judged: bool,
}

/// Runs a program that writes what it has to say into `output`.
pub(crate) fn run_to_end(name: &str, command: &mut Command, output: Stdio) -> Outcome<Run> {
    let failed = || because::<std::io::Error>(format!("cannot run {name}"));
    let (begun, before) = (Instant::now(), waited_for());
    let quiet = command.stdin(Stdio::null()).stdout(output).stderr(Stdio::null());
    let mut child = quiet.spawn().map_err(failed())?;
    let mut peak = 0;
    loop {
        peak = peak.max(peak_kilobytes(child.id()));
        if let Some(status) = child.try_wait().map_err(failed())? {
            let processor = waited_for().saturating_sub(before);
            let is_judged = matches!(status.code(), Some(0 | 1));
            return Ok(Run {
                elapsed: begun.elapsed(),
                processor,
                peak_bytes: peak * 1024,
                status,
                is_judged,
            });
        }
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// The most that was resident of a process and of what it started. Of one that has ended nothing can be read.
fn peak_kilobytes(process: u32) -> u64 {
    let read = |name: &str| std::fs::read_to_string(format!("/proc/{process}/{name}")).unwrap_or_default();
    let own = read("status").lines().find_map(|line| line.strip_prefix("VmHWM:")).map_or(0, first_number);
    let children = read(&format!("task/{process}/children"));
    own + children.split_whitespace().filter_map(|child| child.parse().ok()).map(peak_kilobytes).sum::<u64>()
}

/// What all processes that this one has waited for had of a processor.
fn waited_for() -> Duration {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // The name, which may have anything in it, ends with the last parenthesis; `cutime` and `cstime` are 14 fields behind it.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields);
    let ticks: u64 = fields.split_whitespace().skip(13).take(2).map(first_number).sum();
    Duration::from_millis(ticks * 1000 / TICKS_A_SECOND)
}

impl Process {
    /// Starts a program. The lines of its two outputs come through the receiver, which may be dropped.
    pub(crate) fn start(name: &str, command: &mut Command) -> Outcome<(Self, Receiver<String>)> {
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().map_err(because(format!("cannot start {name}")))?;
        let (sender, receiver) = sync_channel(LINES_MAX);
        let last = Arc::new(Mutex::new(VecDeque::new()));
        let outputs = [
            child.stdout.take().map(|output| Box::new(output) as Box<dyn Read + Send>),
            child.stderr.take().map(|output| Box::new(output) as Box<dyn Read + Send>),
        ];
        for output in outputs.into_iter().flatten() {
            let (sender, last) = (sender.clone(), Arc::clone(&last));
            std::thread::spawn(move || {
                let mut listened_to = true;
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    remember(&last, &line);
                    listened_to = listened_to && sender.send(line).is_ok();
                }
            });
        }
        Ok((Self { name: name.to_owned(), child, last }, receiver))
    }

    /// Starts a program that writes both outputs into a file, where nobody has to read them meanwhile.
    pub(crate) fn start_into(name: &str, command: &mut Command, log: File) -> Outcome<Self> {
        let tried = || because::<std::io::Error>(format!("cannot start {name}"));
        let other = log.try_clone().map_err(tried())?;
        let child = command.stdin(Stdio::null()).stdout(log).stderr(other).spawn().map_err(tried())?;
        Ok(Self { name: name.to_owned(), child, last: Arc::default() })
    }

    /// Waits for a line that has `mark` in it, and returns what follows the mark.
    pub(crate) fn wait_for(&mut self, lines: &Receiver<String>, mark: &str) -> Outcome<String> {
        let deadline = Instant::now() + READY_MAX;
        loop {
            match lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
                Ok(line) => {
                    if let Some((_, rest)) = line.split_once(mark) {
                        return Ok(rest.trim().to_owned());
                    }
                }
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return Err(self.unready()),
            }
        }
    }

    /// Waits until the program accepts connections on `address`.
    pub(crate) fn wait_until_open(&mut self, address: SocketAddr) -> Outcome<()> {
        let deadline = Instant::now() + READY_MAX;
        while TcpStream::connect(address).is_err() {
            let ended = self.child.try_wait().is_ok_and(|status| status.is_some());
            if ended || Instant::now() > deadline {
                return Err(self.unready());
            }
            std::thread::sleep(LOOK_AGAIN);
        }
        Ok(())
    }

    /// What the program has used, by the kernel's own count.
    pub(crate) fn usage(&self) -> Outcome<Usage> {
        let folder = format!("/proc/{}", self.child.id());
        let gone = || because::<std::io::Error>(format!("cannot read what {} has used", self.name));
        let mut nanoseconds = 0_u64;
        for thread in std::fs::read_dir(format!("{folder}/task")).map_err(gone())? {
            let path = thread.map_err(gone())?.path().join("schedstat");
            // A thread that has just ended takes its share with it; the programs measured here keep theirs.
            let text = std::fs::read_to_string(path).unwrap_or_default();
            nanoseconds += first_number(&text);
        }
        let status = std::fs::read_to_string(format!("{folder}/status")).map_err(gone())?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).map_or(0, first_number);
        Ok(Usage { processor: Duration::from_nanos(nanoseconds), resident_bytes: resident * 1024 })
    }

    /// Asks the program to end, and waits until it has done what it does then.
    pub(crate) fn end(mut self) -> Outcome<()> {
        let asked = kill_process(Pid::from_child(&self.child), Signal::TERM).map_err(std::io::Error::from);
        let ended = asked.and_then(|()| self.child.wait());
        ended.map(drop).map_err(because(format!("cannot end {}", self.name)))
    }

    fn unready(&mut self) -> Failure {
        let state = match self.child.try_wait() {
            Ok(Some(status)) => format!("ended with {status}"),
            _ => format!("was not ready within {} s", READY_MAX.as_secs()),
        };
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let said = last.iter().map(|line| format!("\n  {line}")).collect::<String>();
        Failure::new(format!("{} {state}; it said:{said}", self.name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // A program that has ended already cannot be killed, and that is what was wanted.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

fn remember(last: &Mutex<VecDeque<String>>, line: &str) {
    let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
    if last.len() == LINES_KEPT {
        last.pop_front();
    }
    last.push_back(line.to_owned());
}

fn first_number(text: &str) -> u64 {
    text.split_whitespace().next().and_then(|word| word.parse().ok()).unwrap_or(0)
}

#[test]
fn an_early_end_is_told_with_what_was_said() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "echo bad option; exit 2"]);
    let (mut process, lines) = Process::start("shell", &mut command).expect("starts");
    let failure = process.wait_for(&lines, "listening on ").expect_err("never listens").to_string();
    assert!(failure.starts_with("shell ") && failure.ends_with("it said:\n  bad option"), "{failure}");
}

#[test]
fn what_a_process_uses_is_read() {
    let mut command = Command::new("/bin/sh");
    command.args([
        "-c",
        // It stops itself: a process that is being replaced by another has next to no memory for a moment.
        "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo listening on here; kill -STOP $$",
    ]);
    let (mut process, lines) = Process::start("shell", &mut command).expect("starts");
    assert_eq!(process.wait_for(&lines, "listening on ").expect("listens"), "here");
    let usage = process.usage().expect("is read");
    assert!(usage.processor > Duration::from_micros(100), "{usage:?}");
    assert!(usage.resident_bytes > 100_000, "{usage:?}");
}

#[test]
fn a_program_that_is_asked_to_end_does_first_what_it_does_then() {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", "trap 'kill $!; echo done; exit 0' TERM; sleep 60 & echo listening on here; wait"]);
    let (mut process, lines) = Process::start("shell", &mut command).expect("starts");
    process.wait_for(&lines, "listening on ").expect("listens");
    process.end().expect("ends");
    assert_eq!(lines.iter().collect::<Vec<_>>(), ["done"]);
}

#[test]
fn a_run_tells_how_it_ended_and_what_it_took() {
    let shell = |script: &str| {
        run_to_end("shell", Command::new("/bin/sh").args(["-c", script]), Stdio::null()).expect("runs")
    };
    let judged = shell("i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; exit 1");
    assert!(judged.is_judged && judged.peak_bytes > 100_000, "{judged:?}");
    assert!(judged.elapsed > Duration::from_millis(1), "{judged:?}");
    let piped = shell("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done | cat; exit 0");
    assert!(piped.processor >= Duration::from_millis(20), "what it started counts, too: {piped:?}");
    assert!(!shell("exit 2").is_judged && !shell("kill -9 $$").is_judged);
}
