//! Says when to load everything again: on SIGHUP, and when a file that was read changes.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Files are looked at once their folders have been quiet for so long: an editor writes in several steps.
const QUIET: Duration = Duration::from_millis(150);
/// Files are looked at after so long even if their folders never rest.
const RESTLESS_MAX: Duration = Duration::from_secs(2);

/// Why to load everything again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cause {
    /// SIGHUP.
    Signal,
    /// These files changed, appeared or went away; in order.
    Files(Vec<PathBuf>),
}

/// Waits for reasons to load everything again.
///
/// Folders are watched, not files: an editor, and the symbolic links of a mounted Kubernetes `ConfigMap`, put another
/// file in the place of the one that was opened. An event only makes the files be looked at; what counts is whether
/// they differ.
#[derive(Debug)]
pub(crate) struct Watch {
    hangup: Signal,
    watcher: Option<RecommendedWatcher>,
    stirred: Arc<Notify>,
    /// An event came and the files were not looked at since.
    is_stirred: bool,
    files: BTreeMap<PathBuf, Option<Seen>>,
    folders: BTreeSet<PathBuf>,
}

/// What a file looked like: where its links lead, and what tells its content from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Seen {
    target: PathBuf,
    inode: u64,
    bytes: u64,
    modified: (i64, i64),
}

impl Watch {
    /// Listens for SIGHUP; files are named with [`Watch::files`]. Needs a running tokio runtime.
    ///
    /// # Errors
    /// Where SIGHUP cannot be listened for. Where folders cannot be watched, the second value says why, and SIGHUP
    /// alone leads to loading again.
    pub(crate) fn start() -> io::Result<(Watch, Option<notify::Error>)> {
        let stirred = Arc::new(Notify::new());
        let teller = Arc::clone(&stirred);
        // One permit is all that is kept, however many events come.
        let watcher = notify::recommended_watcher(move |_event| teller.notify_one());
        let (watcher, error) = match watcher {
            Ok(watcher) => (Some(watcher), None),
            Err(error) => (None, Some(error)),
        };
        let hangup = signal(SignalKind::hangup())?;
        let (files, folders) = (BTreeMap::new(), BTreeSet::new());
        Ok((Watch { hangup, watcher, stirred, is_stirred: false, files, folders }, error))
    }

    /// Watches exactly `files`. Returns the folders that cannot be watched, with the reason.
    ///
    /// A file is compared with what it looked like when it was first named, or when [`Watch::next`] last reported a
    /// change: name files before they are read, and no change is missed.
    pub(crate) fn files(
        &mut self,
        files: impl IntoIterator<Item = PathBuf>,
    ) -> Vec<(PathBuf, notify::Error)> {
        let mut before = std::mem::take(&mut self.files);
        let (mut failed, mut unseen) = (Vec::new(), Vec::new());
        for file in files {
            match before.remove(&file) {
                Some(seen) => drop(self.files.insert(file, seen)),
                None => unseen.push(file),
            }
        }
        // Folders first: a change between the two is then an event, and found.
        let names: Vec<PathBuf> = self.files.keys().chain(&unseen).cloned().collect();
        self.watch_folders(&names, &mut failed);
        for file in unseen {
            let seen = Seen::now(&file);
            self.files.insert(file, seen);
        }
        failed
    }

    /// Waits for the next reason. Dropping the future loses none.
    pub(crate) async fn next(&mut self) -> Cause {
        loop {
            if !self.is_stirred {
                tokio::select! {
                    signal = self.hangup.recv() => match signal {
                        Some(()) => return Cause::Signal,
                        // The runtime delivers no more signals; it is about to end.
                        None => std::future::pending().await,
                    },
                    () = self.stirred.notified() => self.is_stirred = true,
                }
            }
            self.rest().await;
            self.is_stirred = false;
            let changed = self.changed();
            if !changed.is_empty() {
                return Cause::Files(changed);
            }
        }
    }

    /// Waits until the folders are quiet.
    async fn rest(&self) {
        let quiet = async { while timeout(QUIET, self.stirred.notified()).await.is_ok() {} };
        if timeout(RESTLESS_MAX, quiet).await.is_err() {
            self.stirred.notify_one();
        }
    }

    /// The files that differ from what was seen of them, which is seen anew.
    fn changed(&mut self) -> Vec<PathBuf> {
        let names: Vec<PathBuf> = self.files.keys().cloned().collect();
        // Links may lead to other folders than before, and a folder may have been made again.
        self.watch_folders(&names, &mut Vec::new());
        let mut changed = Vec::new();
        for (file, seen) in &mut self.files {
            let now = Seen::now(file);
            if *seen != now {
                *seen = now;
                changed.push(file.clone());
            }
        }
        changed
    }

    fn watch_folders(&mut self, files: &[PathBuf], failed: &mut Vec<(PathBuf, notify::Error)>) {
        let Some(watcher) = &mut self.watcher else { return };
        let wanted: BTreeSet<PathBuf> = files.iter().flat_map(|file| folders_of(file)).collect();
        for folder in self.folders.difference(&wanted) {
            // It fails where the folder is gone, and then there is nothing to give back.
            drop(watcher.unwatch(folder));
        }
        self.folders.clear();
        for folder in wanted {
            match watcher.watch(&folder, RecursiveMode::NonRecursive) {
                Ok(()) => drop(self.folders.insert(folder)),
                Err(error) => failed.push((folder, error)),
            }
        }
    }
}

impl Seen {
    fn now(file: &Path) -> Option<Seen> {
        let target = file.canonicalize().ok()?;
        let metadata = target.metadata().ok()?;
        let modified = (metadata.mtime(), metadata.mtime_nsec());
        Some(Seen { target, inode: metadata.ino(), bytes: metadata.len(), modified })
    }
}

/// The folder that `file` is named in, and the one that its links lead to.
fn folders_of(file: &Path) -> impl Iterator<Item = PathBuf> {
    let named = file.parent().map(|folder| match folder.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => folder.to_owned(),
    });
    let target = file.canonicalize().ok().and_then(|target| target.parent().map(Path::to_owned));
    named.into_iter().chain(target)
}

#[cfg(test)]
mod tests;
