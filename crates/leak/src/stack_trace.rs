//! Stack traces of the common run-times.

use std::ops::Range;

use super::{Detector, Group, Trigger, text};

pub(super) const DETECTOR: Detector = Detector {
    class: "stack-trace",
    group: Group::Trace,
    triggers: &[
        Trigger::Texts(
            &[".java:", ".kt:", ".scala:", ".groovy:", "(Native Method)", "(Unknown Source)"],
            jvm,
        ),
        Trigger::Texts(&["Traceback (most recent call last)"], whole),
        Trigger::Texts(
            &[".cs:line ", "--- End of inner exception", "--- End of stack trace", ".vb:line "],
            whole,
        ),
        Trigger::Texts(&["goroutine "], goroutine),
        Trigger::Texts(&[".js:", ".ts:", ".mjs:", "node:internal", ".tsx:", ".jsx:"], node),
        Trigger::Texts(
            &[
                "Stack trace:\\n#0",
                "Stack trace:\n#0",
                "PHP Fatal error",
                "PHP Warning:  ",
                "Fatal error: Uncaught",
                "<b>Fatal error</b>",
                "<b>Warning</b>:  ",
                "[internal function]",
                ".php on line ",
                ".php</b> on line ",
            ],
            whole,
        ),
        Trigger::Texts(&[".php("], php),
        Trigger::Texts(&[".rb:"], ruby),
        Trigger::Texts(&[".rs:"], rust),
        Trigger::Texts(&["thread 'main' panicked at", "panicked at '"], whole),
        Trigger::Texts(&["Exception in thread \""], whole),
        Trigger::Texts(&["File \"", "File \\\""], python),
        Trigger::Texts(
            &[
                "django.core.",
                "werkzeug.exceptions",
                "org.springframework.",
                "System.NullReferenceException",
                "java.lang.",
                "javax.servlet.",
            ],
            exception,
        ),
        Trigger::Texts(&[" in <module>"], whole),
        Trigger::Texts(&["** (", "(elixir "], elixir),
    ],
    doc: DOC,
};

/// Bytes before a mark in which a frame begins.
const FRAME_BYTES_MAX: usize = 200;

/// The words of the mark.
fn whole(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at, |byte| !matches!(byte, b'\n' | b'"'));
    Some(at..end)
}

/// The frame of which a mark at `at` is part, if it begins with `opening`.
fn frame(text: &[u8], at: usize, opening: &str) -> Option<usize> {
    let from = text::run_back(text, at, FRAME_BYTES_MAX, |byte| !matches!(byte, b'\n' | b'"'));
    let line = text.get(from..at)?;
    let found = line.windows(opening.len()).rposition(|part| part == opening.as_bytes())?;
    Some(from + found)
}

/// How far digits go from `from`; nothing where there are none.
fn digits(text: &[u8], from: usize) -> Option<usize> {
    let end = text::run(text, from, text::is_digit);
    (end > from).then_some(end)
}

/// `at shop.Orders.find(Orders.java:42)`.
fn jvm(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = frame(text, at, "at ")?;
    let middle = text.get(start..at)?;
    let opens = middle.contains(&b'(') || text.get(at) == Some(&b'(');
    let end = text::run(text, at, |byte| byte != b')' && byte != b'\n');
    let has_place =
        text.get(at) == Some(&b'(') || digits(text, text::run(text, at, |byte| byte != b':') + 1).is_some();
    (opens && has_place && middle.contains(&b'.')).then_some(start..end)
}

/// `goroutine 1 [running]:`.
fn goroutine(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = digits(text, at + 10)?;
    text::starts_with(text, end, " [").then_some(at..end)
}

/// `at find (/srv/orders.js:10:15)`.
fn node(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = frame(text, at, "at ")?;
    let line = text::run(text, at + 1, |byte| byte != b':') + 1;
    let column = if text::starts_with(text, at, "node:") { line } else { digits(text, line)? };
    (text::begins_word(text, start) && text.get(column) == Some(&b':')
        || text::starts_with(text, at, "node:"))
    .then_some(start..column)
}

/// `#1 /srv/orders.php(42): find()`.
fn php(text: &[u8], at: usize) -> Option<Range<usize>> {
    let start = frame(text, at, "#")?;
    let index = digits(text, start + 1)?;
    let end = digits(text, at + 5)?;
    (text.get(index) == Some(&b' ') && text::starts_with(text, end, "):")).then_some(start..end)
}

/// ``orders.rb:42:in `find'``.
fn ruby(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = digits(text, at + 4)?;
    text::starts_with(text, end, ":in ").then_some(at.saturating_sub(1)..end)
}

/// `at src/orders.rs:42:5`.
fn rust(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = digits(text, at + 4)?;
    let start = frame(text, at, "at ")?;
    (text.get(end) == Some(&b':')).then_some(start..end)
}

/// `File "orders.py", line 42, in find`.
fn python(text: &[u8], at: usize) -> Option<Range<usize>> {
    let name = text::run(text, at, |byte| byte != b'"') + 1;
    let quote = text::run(text, name, |byte| byte != b'"' && byte != b'\n');
    let end = digits(text, quote + 8)?;
    text::starts_with(text, quote + 1, ", line ").then_some(at..end)
}

/// The name of an exception of a framework.
fn exception(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at, text::is_dotted);
    let name = text.get(at..end)?;
    (name.ends_with(b"Exception") || name.ends_with(b"Error") || text::has_any(name, &["exceptions."]))
        .then_some(at..end)
}

/// `** (RuntimeError) oops`.
fn elixir(text: &[u8], at: usize) -> Option<Range<usize>> {
    let end = text::run(text, at, |byte| byte != b')' && byte != b'\n' && byte != b'"');
    let name = text.get(at..end)?;
    (name.ends_with(b"Error") || name.starts_with(b"(elixir ")).then_some(at..end)
}

const DOC: &str = r#"
Frames and first lines of stack traces of the JVM, Python, .NET, Go, Node.js, PHP, Ruby, Rust and Elixir, and the names of
exceptions of common frameworks.

~~~found
{"error":"java.lang.IllegalStateException: closed\n\tat shop.orders.Store.find(Store.java:42)\n"}
~~~
~~~found
Traceback (most recent call last):
  File "/srv/orders.py", line 42, in find
~~~
~~~found
"   at Shop.Orders.Store.Find(Int32 id) in /src/Store.cs:line 42"
~~~
~~~found
panic: oops\n\ngoroutine 7 [running]:\nmain.find(0x1)\n
~~~
~~~found
{"stack":"TypeError: x is undefined\n    at find (/srv/orders.js:10:15)\n    at node:internal/main:1:1"}
~~~
~~~found
#0 /srv/orders.php(42): find(7)
~~~
~~~found
/srv/orders.rb:42:in `find'
~~~
~~~clean
{"note":"look at main.js: it is 10:15 already","module":"orders.js","at":"noon","file":"Store.java: the best file"}
~~~
~~~clean
{"text":"the goroutine of the day, and File \"x\" is line 42"}
~~~
"#;
