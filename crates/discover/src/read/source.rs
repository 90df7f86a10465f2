//! Where logs lie: the part of reading that touches the disk.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicU64;

use flate2::bufread::MultiGzDecoder;
use model::Problem;

use super::Counted;
use super::zstandard::Frames;

/// The most files of one run.
const FILES_MAX: usize = 1 << 16;

/// How deep folders are looked into.
const DEPTH_MAX: usize = 16;

/// Compressed logs shrink to a tenth, and monotonous ones to a hundredth. What grows more than this is no log.
const GROWTH_MAX: u64 = 1000;

/// Below this many bytes nothing is said of growth.
const GROWTH_BYTES_MIN: u64 = 1 << 30;

/// A log to read.
#[derive(Debug, Clone)]
pub struct Source {
    /// What it is called; `-` for standard input.
    pub name: String,
    path: Option<PathBuf>,
    length: Option<u64>,
    kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Plain,
    /// Text whose first line names its columns.
    Columns,
    Gzip,
    Zstandard,
}

/// The logs that `paths` name, in order: files, all files in folders, names with `*` or `?`, and `-` for standard input.
/// What is not there, or cannot be opened, is a problem.
pub fn sources(paths: &[PathBuf]) -> (Vec<Source>, Vec<Problem>) {
    let (mut found, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        if path.as_os_str() == "-" {
            found.push(Source { name: "-".to_owned(), path: None, length: None, kind: Kind::Plain });
            continue;
        }
        match files(path) {
            Ok(files) if files.is_empty() => {
                problems.push(Problem::error(format!("`{}` names no file", path.display())));
            }
            Ok(files) => {
                for file in files {
                    match Source::of(file.clone()) {
                        Ok(source) => found.push(source),
                        Err(error) => problems.push(unreadable(&file, &error)),
                    }
                }
            }
            Err(error) => problems.push(unreadable(path, &error)),
        }
    }
    if found.len() > FILES_MAX {
        problems.push(Problem::error(format!("there are more than {FILES_MAX} files")));
    }
    (found, problems)
}

/// The files that `path` names now, in order: itself, all in the folder, or those whose names are like it.
pub(super) fn files(path: &Path) -> io::Result<Vec<PathBuf>> {
    match matching(path) {
        Some(files) if !path.exists() => files,
        _ => below(path, DEPTH_MAX),
    }
}

pub(super) fn unreadable(path: &Path, error: &io::Error) -> Problem {
    Problem::error(format!("`{}` cannot be read: {error}", path.display()))
}

/// The file, or all files in the folder, those in folders of it included, in the order of their names.
fn below(path: &Path, depth: usize) -> io::Result<Vec<PathBuf>> {
    if !fs::metadata(path)?.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let mut entries = fs::read_dir(path)?
        .take(FILES_MAX)
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<io::Result<Vec<_>>>()?;
    entries.sort();
    let mut files = Vec::new();
    for entry in entries {
        let kind = fs::symlink_metadata(&entry)?;
        if kind.is_dir() && depth > 0 {
            files.extend(below(&entry, depth - 1)?);
        } else if fs::metadata(&entry).is_ok_and(|kind| kind.is_file()) {
            files.push(entry);
        }
    }
    Ok(files)
}

/// The files whose name is as the pattern at the end of `path`; none where there is no pattern.
fn matching(path: &Path) -> Option<io::Result<Vec<PathBuf>>> {
    let pattern = path.file_name()?.to_str()?;
    if !pattern.contains(['*', '?']) {
        return None;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_like = |file: &PathBuf| {
        file.file_name()
            .and_then(|name| name.to_str())
            .is_some_and(|name| like(name.as_bytes(), pattern.as_bytes()))
    };
    Some(below(folder, 0).map(|files| files.into_iter().filter(is_like).collect()))
}

/// Whether `name` is as `pattern`, in which `*` stands for anything and `?` for one byte.
fn like(name: &[u8], pattern: &[u8]) -> bool {
    let (mut name_at, mut pattern_at) = (0, 0);
    // Where to go on when what follows the last star does not fit: one byte later.
    let mut retry = None;
    while let Some(byte) = name.get(name_at) {
        match pattern.get(pattern_at) {
            Some(b'*') => {
                retry = Some((name_at, pattern_at));
                pattern_at += 1;
            }
            Some(wanted) if *wanted == b'?' || wanted == byte => {
                name_at += 1;
                pattern_at += 1;
            }
            _ => match retry {
                Some((star_name, star)) => {
                    retry = Some((star_name + 1, star));
                    (name_at, pattern_at) = (star_name + 1, star + 1);
                }
                None => return false,
            },
        }
    }
    pattern.get(pattern_at..).is_none_or(|rest| rest.iter().all(|byte| *byte == b'*'))
}

impl Source {
    pub(super) fn of(path: PathBuf) -> io::Result<Source> {
        let mut file = File::open(&path)?;
        let mut magic = [0; 4];
        let mut count = 0;
        while let Some(free) = magic.get_mut(count..).filter(|free| !free.is_empty()) {
            match file.read(free)? {
                0 => break,
                more => count += more,
            }
        }
        let kind = match magic {
            [0x1f, 0x8b, ..] => Kind::Gzip,
            // Some begin with a frame that holds no data.
            [0x28, 0xb5, 0x2f, 0xfd] | [0x50..=0x5f, 0x2a, 0x4d, 0x18] => Kind::Zstandard,
            [b'#', ..] | [0xef, 0xbb, 0xbf, b'#'] => Kind::Columns,
            _ => Kind::Plain,
        };
        let length = Some(file.metadata()?).filter(fs::Metadata::is_file).map(|metadata| metadata.len());
        Ok(Source { name: path.to_string_lossy().into_owned(), path: Some(path), length, kind })
    }

    /// How many bytes it has on the disk, where that is known.
    pub fn length(&self) -> Option<u64> {
        self.length
    }

    /// Whether it comes once and is gone.
    pub(super) fn is_stream(&self) -> bool {
        self.path.is_none()
    }

    /// Whether its text is what stands on the disk.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.kind, Kind::Plain | Kind::Columns)
    }

    /// Whether a reader may begin in its middle.
    pub(super) fn is_divisible(&self) -> bool {
        self.kind == Kind::Plain
    }

    /// Its text, from byte `start`.
    pub(super) fn open<'p>(&self, start: u64, bytes: &'p AtomicU64) -> io::Result<Box<dyn Read + 'p>> {
        let Some(path) = &self.path else { return Ok(Box::new(io::stdin())) };
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(start))?;
        let counted = Counted { file, bytes };
        Ok(match self.kind {
            Kind::Plain | Kind::Columns => Box::new(counted),
            Kind::Gzip => {
                let stream = MultiGzDecoder::new(BufReader::with_capacity(1 << 17, counted));
                Box::new(self.bounded(stream))
            }
            Kind::Zstandard => {
                Box::new(self.bounded(Frames::new(BufReader::with_capacity(1 << 17, counted))))
            }
        })
    }

    fn bounded<R: Read>(&self, stream: R) -> Bounded<R> {
        let length = self.length.unwrap_or(0);
        Bounded { stream, left: length.saturating_mul(GROWTH_MAX).max(GROWTH_BYTES_MIN) }
    }
}

/// A stream that fails when it has grown too much.
struct Bounded<R> {
    stream: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.stream.read(buffer)?;
        match self.left.checked_sub(count as u64) {
            Some(left) => self.left = left,
            None => {
                let message = format!("it grows to more than {GROWTH_MAX} times its size");
                return Err(io::Error::new(io::ErrorKind::FileTooLarge, message));
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_like_names() {
        let check = |name: &str, pattern: &str, expected: bool| {
            assert_eq!(like(name.as_bytes(), pattern.as_bytes()), expected, "{name} {pattern}");
        };
        check("access.log", "*.log", true);
        check("access.log.1.gz", "access.log*", true);
        check("access.log.1.gz", "*.log.?.gz", true);
        check("access.log", "*.gz", false);
        check("aab", "*ab", true);
        check("", "*", true);
        check("a", "", false);
        check("ab", "a?c", false);
    }
}
