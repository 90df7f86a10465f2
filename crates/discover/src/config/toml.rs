//! Configs in TOML, as documents of JSON whose lines are known.

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A text of JSON, and of each of its lines the one of the TOML that it is of.
#[derive(Debug)]
pub(super) struct Rewritten {
    pub(super) json: String,
    pub(super) lines: Vec<u64>,
}

/// Why a text is no TOML, and in which line.
#[derive(Debug)]
pub(super) struct Fault {
    pub(super) line: u64,
    pub(super) why: String,
}

/// Writes a text of TOML as JSON, each value on a line of its own.
pub(super) fn rewrite(text: &str) -> Result<Rewritten, Fault> {
    let table = DeTable::parse(text).map_err(|error| Fault {
        line: error.span().map_or(1, |span| line(text, span.start)),
        why: error.message().to_owned(),
    })?;
    let mut writer = Writer { text, written: Rewritten { json: String::new(), lines: vec![1] } };
    writer.table(table.get_ref());
    Ok(writer.written)
}

fn line(text: &str, at: usize) -> u64 {
    let before = text.as_bytes().get(..at).unwrap_or_default();
    before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1
}

struct Writer<'t> {
    text: &'t str,
    written: Rewritten,
}

impl Writer<'_> {
    fn value(&mut self, value: &Spanned<DeValue<'_>>) {
        self.written.json.push('\n');
        self.written.lines.push(line(self.text, value.span().start));
        match value.get_ref() {
            DeValue::Table(table) => self.table(table),
            DeValue::Array(items) => {
                self.written.json.push('[');
                for (at, item) in items.iter().enumerate() {
                    self.comma(at);
                    self.value(item);
                }
                self.written.json.push(']');
            }
            DeValue::Boolean(value) => self.scalar(&Value::from(*value)),
            DeValue::String(text) => self.scalar(&Value::from(text.as_ref())),
            DeValue::Integer(number) => match i64::from_str_radix(number.as_str(), number.radix()) {
                Ok(number) => self.scalar(&Value::from(number)),
                Err(_) => self.scalar(&Value::from(number.as_str())),
            },
            DeValue::Float(number) => self.scalar(&Value::from(number.as_str())),
            DeValue::Datetime(time) => self.scalar(&Value::from(time.to_string())),
        }
    }

    fn table(&mut self, table: &DeTable<'_>) {
        self.written.json.push('{');
        for (at, (key, value)) in table.iter().enumerate() {
            self.comma(at);
            self.scalar(&Value::from(key.get_ref().as_ref()));
            self.written.json.push(':');
            self.value(value);
        }
        self.written.json.push('}');
    }

    fn comma(&mut self, at: usize) {
        if at > 0 {
            self.written.json.push(',');
        }
    }

    fn scalar(&mut self, value: &Value) {
        self.written.json.push_str(&value.to_string());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_lines() {
        let text = "[a]\nb = \"x\\n\"\n\n[[a.c]]\nd = [1,\n  0x10]\n";
        let rewritten = rewrite(text).unwrap();
        assert_eq!(
            serde_json::from_str::<Value>(&rewritten.json).unwrap(),
            serde_json::json!({ "a": { "b": "x\n", "c": [{ "d": [1, 16] }] } })
        );
        let of = |part: &str| {
            let at = rewritten.json.lines().position(|line| line.contains(part)).unwrap();
            rewritten.lines[at]
        };
        assert_eq!([of("\"x"), of("16")], [2, 6]);
        let fault = rewrite("a = 1\nb = \n").unwrap_err();
        assert_eq!(fault.line, 2, "{fault:?}");
    }
}
