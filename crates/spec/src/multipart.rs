//! Parts of a `multipart/form-data` body (RFC 7578), read under limits and without liberties.

use memchr::memmem::Finder;

/// How much a multipart body may hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MultipartLimits {
    /// Parts of one body.
    pub parts_max: usize,
    /// Bytes of one part's header lines together.
    pub header_bytes_max: usize,
}

impl Default for MultipartLimits {
    fn default() -> Self {
        MultipartLimits { parts_max: 256, header_bytes_max: 4096 }
    }
}

/// One part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'b> {
    /// The `name` of its `Content-Disposition`.
    pub name: String,
    /// The `filename`, where there is one: the part is then a file.
    pub filename: Option<String>,
    /// Its `Content-Type` as it came.
    pub content_type: Option<&'b str>,
    /// Its content.
    pub data: &'b [u8],
}

/// Why a body is not read as multipart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MultipartFault {
    /// The boundary is missing, too long or has characters that RFC 2046, section 5.1.1, does not know.
    BadBoundary,
    /// Something stands before the first boundary or after the last, where readers disagree.
    StrayBytes,
    /// The last boundary is missing.
    Unterminated,
    /// A part's header lines are not what RFC 7578 asks for.
    BadHeader,
    /// A part has no `Content-Disposition: form-data` with a name.
    Nameless,
    /// Over [`MultipartLimits::parts_max`].
    TooManyParts,
    /// Over [`MultipartLimits::header_bytes_max`].
    HeaderTooLarge,
}

impl MultipartFault {
    /// In words, without anything of the body.
    pub fn as_str(self) -> &'static str {
        match self {
            MultipartFault::BadBoundary => "the multipart boundary is missing or malformed",
            MultipartFault::StrayBytes => "bytes outside the multipart boundaries",
            MultipartFault::Unterminated => "the multipart body ends before its last boundary",
            MultipartFault::BadHeader => "a multipart header line is malformed",
            MultipartFault::Nameless => "a multipart part has no name",
            MultipartFault::TooManyParts => "too many multipart parts",
            MultipartFault::HeaderTooLarge => "the header of a multipart part is too large",
        }
    }

    /// Whether the body may be well formed but is over a limit.
    pub fn is_limit(self) -> bool {
        matches!(self, MultipartFault::TooManyParts | MultipartFault::HeaderTooLarge)
    }
}

/// Reads all parts of `body`.
///
/// # Errors
/// The first fault. Preambles and epilogues are refused: nothing that sends forms writes them, and readers
/// disagree on them.
pub fn parse<'b>(
    body: &'b [u8],
    boundary: &str,
    limits: &MultipartLimits,
) -> Result<Vec<Part<'b>>, MultipartFault> {
    if !is_boundary(boundary) {
        return Err(MultipartFault::BadBoundary);
    }
    let opening = format!("--{boundary}");
    let delimiter = format!("\r\n--{boundary}");
    let finder = Finder::new(delimiter.as_bytes());
    let mut rest = body.strip_prefix(opening.as_bytes()).ok_or(MultipartFault::StrayBytes)?;
    let mut parts = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(b"--") {
            let nothing_follows = after.is_empty() || after == b"\r\n";
            return if nothing_follows { Ok(parts) } else { Err(MultipartFault::StrayBytes) };
        }
        if parts.len() == limits.parts_max {
            return Err(MultipartFault::TooManyParts);
        }
        let part = rest.strip_prefix(b"\r\n").ok_or(MultipartFault::BadHeader)?;
        let end = finder.find(rest).ok_or(MultipartFault::Unterminated)?;
        // The line end after a boundary may also begin the next delimiter, of a part without a header.
        let content =
            end.checked_sub(2).and_then(|length| part.get(..length)).ok_or(MultipartFault::BadHeader)?;
        parts.push(part_of(content, limits)?);
        rest = rest.get(end + delimiter.len()..).ok_or(MultipartFault::Unterminated)?;
    }
}

/// RFC 2046, section 5.1.1: 1 to 70 of these characters, no space at the end.
fn is_boundary(text: &str) -> bool {
    let known = |byte: u8| byte.is_ascii_alphanumeric() || b"'()+_,-./:=? ".contains(&byte);
    (1..=70).contains(&text.len()) && !text.ends_with(' ') && text.bytes().all(known)
}

fn part_of<'b>(part: &'b [u8], limits: &MultipartLimits) -> Result<Part<'b>, MultipartFault> {
    let head_end = memchr::memmem::find(part, b"\r\n\r\n").ok_or(MultipartFault::BadHeader)?;
    if head_end > limits.header_bytes_max {
        return Err(MultipartFault::HeaderTooLarge);
    }
    let (head, data) = part.split_at_checked(head_end).ok_or(MultipartFault::BadHeader)?;
    let data = data.strip_prefix(b"\r\n\r\n").ok_or(MultipartFault::BadHeader)?;
    let head = std::str::from_utf8(head).or(Err(MultipartFault::BadHeader))?;
    let mut named = None;
    let mut content_type = None;
    for line in head.split("\r\n") {
        if line.contains(|character: char| character.is_ascii_control() && character != '\t') {
            return Err(MultipartFault::BadHeader);
        }
        let (header, value) = line.split_once(':').ok_or(MultipartFault::BadHeader)?;
        let value = value.trim_matches([' ', '\t']);
        let repeated = if header.eq_ignore_ascii_case("content-disposition") {
            named.replace(disposition(value)?).is_some()
        } else if header.eq_ignore_ascii_case("content-type") {
            content_type.replace(value).is_some()
        } else {
            // RFC 7578, section 4.7, deprecates it, and a reader that decodes sees another body than we do.
            header.eq_ignore_ascii_case("content-transfer-encoding") && !is_identity(value)
        };
        if repeated || header.is_empty() || header.contains([' ', '\t']) {
            return Err(MultipartFault::BadHeader);
        }
    }
    let (name, filename) = named.ok_or(MultipartFault::Nameless)?;
    Ok(Part { name, filename, content_type, data })
}

fn is_identity(transfer_encoding: &str) -> bool {
    ["7bit", "8bit", "binary"].iter().any(|identity| transfer_encoding.eq_ignore_ascii_case(identity))
}

/// The `name` and `filename` of a `Content-Disposition` value.
fn disposition(value: &str) -> Result<(String, Option<String>), MultipartFault> {
    let (kind, parameters) = value.split_once(';').unwrap_or((value, ""));
    if !kind.trim().eq_ignore_ascii_case("form-data") {
        return Err(MultipartFault::Nameless);
    }
    let mut name = None;
    let mut filename = None;
    let mut rest = parameters.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or(MultipartFault::BadHeader)?;
        let (text, after) = parameter_value(after)?;
        let key = key.trim();
        let repeated = if key.eq_ignore_ascii_case("name") {
            name.replace(text).is_some()
        } else if key.eq_ignore_ascii_case("filename") || key.eq_ignore_ascii_case("filename*") {
            // Both forms may come together; either makes the part a file.
            filename.replace(text).is_some() && !key.ends_with('*')
        } else {
            false
        };
        if repeated {
            return Err(MultipartFault::BadHeader);
        }
        let after = after.trim_start();
        rest = match after.strip_prefix(';') {
            Some(more) => more.trim_start(),
            None if after.is_empty() => after,
            None => return Err(MultipartFault::BadHeader),
        };
    }
    Ok((name.ok_or(MultipartFault::Nameless)?, filename))
}

/// A token or a quoted string, and what follows it. Browsers escape nothing but the quote, as `%22`; others
/// write a backslash before quotes and backslashes.
fn parameter_value(text: &str) -> Result<(String, &str), MultipartFault> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at_checked(end).ok_or(MultipartFault::BadHeader)?;
        return Ok((token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut characters = quoted.chars();
    while let Some(character) = characters.next() {
        match character {
            '"' => return Ok((value, characters.as_str())),
            '\\' => match characters.clone().next() {
                Some(escaped @ ('"' | '\\')) => {
                    value.push(escaped);
                    characters.next();
                }
                _ => value.push('\\'),
            },
            other => value.push(other),
        }
    }
    Err(MultipartFault::BadHeader)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `|` in `body` stands for a line end; `expected` is `name/filename/type=data` joined by spaces.
    #[track_caller]
    fn check(body: &str, expected: Result<&str, MultipartFault>) {
        let body = body.replace('|', "\r\n");
        let limits = MultipartLimits { parts_max: 2, header_bytes_max: 120 };
        let parts = parse(body.as_bytes(), "x", &limits).map(|parts| {
            let shown = parts.iter().map(|part| {
                let data = std::str::from_utf8(part.data).unwrap();
                let filename = part.filename.as_deref().unwrap_or("-");
                format!("{}/{filename}/{}={data}", part.name, part.content_type.unwrap_or("-"))
            });
            shown.collect::<Vec<_>>().join(" ")
        });
        assert_eq!(parts.as_deref().map_err(|fault| *fault), expected, "{body}");
    }

    const NAMED: &str = "Content-Disposition: form-data; name=";

    #[test]
    fn parts_have_names_types_and_data() {
        check(&format!("--x|{NAMED}\"a\"||1|--x--|"), Ok("a/-/-=1"));
        check(&format!("--x|{NAMED}a||1|--x|{NAMED}\"b\"||2|--x--"), Ok("a/-/-=1 b/-/-=2"));
        check(
            &format!(
                "--x|content-type: application/json|{NAMED}\"f\"; filename=\"q\\\"\\é.txt\"||{{}}||--x--"
            ),
            Ok("f/q\"\\é.txt/application/json={}\r\n"),
        );
        check(&format!("--x|{NAMED}\"a\"|||--x--"), Ok("a/-/-="));
        check("--x--", Ok(""));
    }

    #[test]
    fn what_readers_disagree_on_is_refused() {
        check(&format!("preamble|--x|{NAMED}a||1|--x--"), Err(MultipartFault::StrayBytes));
        check(&format!("--x|{NAMED}a||1|--x--|epilogue"), Err(MultipartFault::StrayBytes));
        check(&format!("--x|{NAMED}a||1"), Err(MultipartFault::Unterminated));
        check(&format!("--x|{NAMED}a||1|--x"), Err(MultipartFault::BadHeader));
        check("--x|Content-Type: text/plain||1|--x--", Err(MultipartFault::Nameless));
        check("--x|Content-Disposition: attachment; name=a||1|--x--", Err(MultipartFault::Nameless));
        check(&format!("--x|{NAMED}a|{NAMED}b||1|--x--"), Err(MultipartFault::BadHeader));
        check(&format!("--x|{NAMED}a; name=b||1|--x--"), Err(MultipartFault::BadHeader));
        check(&format!("--x|{NAMED}\"a||1|--x--"), Err(MultipartFault::BadHeader));
        check(
            &format!("--x|{NAMED}a|Content-Transfer-Encoding: base64||1|--x--"),
            Err(MultipartFault::BadHeader),
        );
        check("--x||1|--x--", Err(MultipartFault::BadHeader));
        check("--x|--x--", Err(MultipartFault::BadHeader));
    }

    #[test]
    fn limits_hold() {
        let part = format!("--x|{NAMED}a||1|");
        check(&format!("{}--x--", part.repeat(3)), Err(MultipartFault::TooManyParts));
        check(&format!("--x|{NAMED}{}||1|--x--", "a".repeat(100)), Err(MultipartFault::HeaderTooLarge));
        for boundary in ["", "a\"b", "a ", &"a".repeat(71)] {
            let fault = parse(b"", boundary, &MultipartLimits::default()).unwrap_err();
            assert_eq!(fault, MultipartFault::BadBoundary);
        }
    }
}
