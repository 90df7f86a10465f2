//! What traces of programs are called, and look like.

use super::words;

/// Whether a property of an error that has this name holds a trace of the program.
pub(crate) fn is_trace_name(name: &str) -> bool {
    let joined = words(name).concat();
    matches!(
        joined.as_str(),
        "stacktrace" | "stacktraces" | "traceback" | "backtrace" | "callstack" | "exceptionstacktrace"
    )
}

/// Whether `text` has the form of a trace, or of a database's own error.
pub(crate) fn is_trace(text: &str) -> bool {
    let says = |part: &str| text.contains(part);
    says("Traceback (most recent call last)")
        || says("SQLSTATE[")
        || says("You have an error in your SQL syntax")
        || says("goroutine ") && says("[running]")
        || text.lines().any(is_frame)
}

/// One line of a trace: `at com.example.Orders.find(Orders.java:12)`.
fn is_frame(line: &str) -> bool {
    let Some(frame) = line.trim_start().strip_prefix("at ") else { return false };
    let place = frame.rsplit('(').next().unwrap_or_default();
    [".java:", ".kt:", ".scala:", ".js:", ".ts:", ".cs:line"].iter().any(|file| place.contains(file))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn traces_are_told_from_sentences() {
        for text in [
            "boom\n\tat com.example.Orders.find(Orders.java:12)",
            "    at Object.<anonymous> (/app/x.js:10:5)",
            "Traceback (most recent call last):\n  File \"x.py\"",
            "SQLSTATE[42S02]: Base table not found",
        ] {
            assert!(is_trace(text), "{text}");
        }
        for text in ["at noon (see x.js)", "look at Orders.java:12", "running", ""] {
            assert!(!is_trace(text), "{text}");
        }
        assert!(is_trace_name("stackTrace") && is_trace_name("stack_trace") && !is_trace_name("trace_id"));
    }
}
