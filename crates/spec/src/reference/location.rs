//! Which file or URL a reference names, decided on its text alone (RFC 3986, section 5).

use std::borrow::Cow;
use std::fmt;
use std::path::{Component, Path};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

use super::ReferenceFault;

/// What stands for itself in a segment of a URL is left as it is (RFC 3986 section 2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Something to load.
#[derive(Debug, Clone, Copy)]
pub enum Location<'a> {
    /// A file at or below the folder of the root document, as far as its name tells; symbolic links are not resolved.
    File(&'a Path),
    /// An `http` or `https` URL on an allowed host, without query and fragment.
    Url(&'a str),
}

impl fmt::Display for Location<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Location::File(path) => write!(f, "{}", path.display()),
            Location::Url(url) => f.write_str(url),
        }
    }
}

/// Where a document is from, against which its references are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Base {
    /// `https://host` for what was fetched; nothing for files.
    origin: Option<String>,
    /// The path from the root document's folder, or from the host's root, decoded; its last segment is the file.
    segments: Vec<String>,
}

impl Base {
    pub(super) fn of_root(path: &Path) -> Base {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned());
        Base { origin: None, segments: name.into_iter().collect() }
    }

    /// What `file`, the part of a reference before `#`, names when it stands in this document.
    pub(super) fn join(&self, file: &str, hosts: &[String]) -> Result<Base, ReferenceFault> {
        if file.contains(['\\', '?', '\0']) {
            return Err(ReferenceFault::Malformed);
        }
        if let Some((authority, path)) = split_url(file)? {
            let allowed = hosts.iter().any(|host| host.eq_ignore_ascii_case(authority));
            if !allowed {
                return Err(ReferenceFault::Host(authority.to_owned()));
            }
            let origin = file.get(..file.len() - path.len()).map(str::to_ascii_lowercase);
            return Base { origin, segments: Vec::new() }.walk(path);
        }
        if file.starts_with("//") {
            return Err(ReferenceFault::Malformed);
        }
        let folder = self.segments.get(..self.segments.len().saturating_sub(1)).unwrap_or_default();
        let from_root = file.starts_with('/');
        if from_root && self.origin.is_none() {
            return Err(ReferenceFault::Outside);
        }
        let segments = if from_root { Vec::new() } else { folder.to_vec() };
        Base { origin: self.origin.clone(), segments }.walk(file)
    }

    /// Goes along `path`; each segment is decoded first, so that no spelling of `..` or `/` passes unseen.
    fn walk(mut self, path: &str) -> Result<Base, ReferenceFault> {
        for segment in path.split('/') {
            let segment = decoded(segment).ok_or(ReferenceFault::Malformed)?;
            match &*segment {
                "" | "." => {}
                ".." => {
                    self.segments.pop().ok_or(ReferenceFault::Outside)?;
                }
                name => {
                    let mut components = Path::new(name).components();
                    let plain =
                        matches!((components.next(), components.next()), (Some(Component::Normal(_)), None));
                    if !plain || name.contains(['/', '\\', '\0', ':']) {
                        return Err(ReferenceFault::Malformed);
                    }
                    self.segments.push(name.to_owned());
                }
            }
        }
        if self.segments.is_empty() { Err(ReferenceFault::Malformed) } else { Ok(self) }
    }

    /// Its absolute URI. Files have one of a scheme that no document can mean anything else by.
    pub(super) fn address(&self) -> String {
        let mut address = self.origin.clone().unwrap_or_else(|| "palisade://".to_owned());
        for segment in &self.segments {
            address.push('/');
            address.extend(utf8_percent_encode(segment, RESERVED));
        }
        address
    }

    /// Calls `f` with where to load this from; files are below `folder`.
    pub(super) fn with_location<T>(&self, folder: &Path, f: impl FnOnce(Location<'_>) -> T) -> T {
        if self.origin.is_some() {
            f(Location::Url(&self.address()))
        } else {
            let mut path = folder.to_owned();
            path.extend(&self.segments);
            f(Location::File(&path))
        }
    }
}

/// Authority and path of an `http` or `https` URL; nothing if `file` is no URL.
fn split_url(file: &str) -> Result<Option<(&str, &str)>, ReferenceFault> {
    let Some((scheme, rest)) = file.split_once(':') else { return Ok(None) };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.'));
    if !is_scheme {
        return Ok(None);
    }
    let is_web = scheme.eq_ignore_ascii_case("http") || scheme.eq_ignore_ascii_case("https");
    let Some(rest) = rest.strip_prefix("//").filter(|_| is_web) else {
        return Err(ReferenceFault::Malformed);
    };
    let end = rest.find('/').unwrap_or(rest.len());
    Ok(rest.split_at_checked(end))
}

/// Without percent-encoding; nothing if that makes no UTF-8.
pub(super) fn decoded(text: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(text).decode_utf8().ok()
}
