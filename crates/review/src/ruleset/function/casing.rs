//! How names are put together: `camelCase`, `kebab-case` and their like.

use regex::Regex;
use spec::Node;

/// What a name must be like.
#[derive(Debug)]
pub(in super::super) struct Casing {
    name: String,
    pattern: Regex,
}

impl Casing {
    /// The casing of these options.
    ///
    /// # Errors
    /// What of them is not understood.
    pub(super) fn of(options: Option<Node<'_>>) -> Result<Casing, String> {
        let text = |key: &str| options.and_then(|options| options.get(key)?.as_str());
        let name = text("type").ok_or("`casing` needs `type`")?;
        let has_digits = options.and_then(|options| options.get("disallowDigits")?.as_bool()) != Some(true);
        let digits = if has_digits { "0-9" } else { "" };
        let word = match name {
            "flat" => format!("[a-z][a-z{digits}]*"),
            "camel" => format!("[a-z][a-z{digits}]*(?:[A-Z{digits}](?:[a-z{digits}]+|$))*"),
            "pascal" => format!("[A-Z][a-z{digits}]*(?:[A-Z{digits}](?:[a-z{digits}]+|$))*"),
            "kebab" => format!("[a-z][a-z{digits}]*(?:-[a-z{digits}]+)*"),
            "cobol" => format!("[A-Z][A-Z{digits}]*(?:-[A-Z{digits}]+)*"),
            "snake" => format!("[a-z][a-z{digits}]*(?:_[a-z{digits}]+)*"),
            "macro" => format!("[A-Z][A-Z{digits}]*(?:_[A-Z{digits}]+)*"),
            _ => return Err(format!("no casing is called `{name}`")),
        };
        let separator = options.and_then(|options| options.get("separator"));
        let source = match separator {
            None => format!("^(?:{word})$"),
            Some(separator) => {
                let character =
                    separator.get("char").and_then(Node::as_str).ok_or("`separator` needs `char`")?;
                let leading = separator.get("allowLeading").and_then(Node::as_bool) == Some(true);
                let (character, start) = (regex::escape(character), if leading { "?" } else { "{0}" });
                let between = word.replace('$', &format!("{character}|$"));
                format!("^(?:{character}){start}(?:{between})(?:{character}(?:{between}))*$")
            }
        };
        let pattern =
            Regex::new(&source).map_err(|error| format!("not a casing that is understood: {error}"))?;
        Ok(Casing { name: name.to_owned(), pattern })
    }

    pub(super) fn fault(&self, text: &str) -> Option<String> {
        // A name of one letter that is a separator, such as `/`, is none.
        (!text.is_empty() && !self.pattern.is_match(text)).then(|| format!("must be {} case", self.name))
    }
}
