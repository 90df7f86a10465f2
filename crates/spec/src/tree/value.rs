//! Nodes of JSON pointers, and nodes as `serde_json` values.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

use super::{Kind, Node, Tree};

impl<'t> Node<'t> {
    /// The node that `pointer` (RFC 6901: empty, or `/a/b~1c/0`) names below this one.
    pub fn pointer(self, pointer: &str) -> Option<Node<'t>> {
        if pointer.is_empty() {
            return Some(self);
        }
        let tokens = pointer.strip_prefix('/')?;
        tokens.split('/').try_fold(self, |node, token| node.child(&unescaped(token)))
    }

    /// The member called `token`, or the item with that number.
    pub fn child(self, token: &str) -> Option<Node<'t>> {
        match self.kind() {
            Kind::Object => self.get(token),
            Kind::Array => {
                let digits = !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_digit());
                let plain = digits && (token.len() == 1 || !token.starts_with('0'));
                plain.then(|| token.parse().ok().and_then(|number| self.items().nth(number))).flatten()
            }
            Kind::Null | Kind::Bool | Kind::Number | Kind::String => None,
        }
    }

    /// The same as a value that owns its text, for compiling schemas.
    ///
    /// A number that `serde_json` has no place for (beyond the doubles) becomes `null`; parsing lets none in.
    pub fn to_value(self) -> Value {
        match self.kind() {
            Kind::Null => Value::Null,
            Kind::Bool => Value::Bool(self.as_bool() == Some(true)),
            Kind::Number => self.to_number().map_or(Value::Null, Value::Number),
            Kind::String => Value::String(self.as_str().unwrap_or_default().to_owned()),
            Kind::Array => Value::Array(self.items().map(Node::to_value).collect()),
            Kind::Object => {
                let members = self.entries().map(|entry| (entry.key.to_owned(), entry.value.to_value()));
                Value::Object(members.collect::<Map<_, _>>())
            }
        }
    }

    /// The number in `serde_json`'s terms.
    pub(crate) fn to_number(self) -> Option<Number> {
        // `-0` is a double there, since as an integer it would lose its sign.
        if self.number() == Some("-0") {
            return Number::from_f64(-0.0);
        }
        let integer = self.as_u64().map(Number::from).or_else(|| self.as_i64().map(Number::from));
        integer.or_else(|| self.as_f64().and_then(Number::from_f64))
    }
}

impl Tree {
    /// The innermost node whose span holds the byte `offset`.
    pub(crate) fn node_at<'t>(&'t self, source: &'t str, offset: usize) -> Node<'t> {
        let mut node = self.root(source);
        loop {
            let holds = |child: &Node<'_>| {
                let (start, end) = child.span();
                start <= offset && offset < end
            };
            let below = match node.kind() {
                Kind::Object => node
                    .entries()
                    .find(|entry| {
                        entry.key_span.0 <= offset && offset < entry.value.span().1.max(entry.key_span.1)
                    })
                    .map(|entry| entry.value),
                _ => node.items().find(holds),
            };
            match below {
                Some(child) => node = child,
                None => return node,
            }
        }
    }
}

/// Appends `token` to `pointer`, escaped as RFC 6901 asks.
pub(crate) fn push_token(pointer: &mut String, token: &str) {
    pointer.push('/');
    for character in token.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}

fn unescaped(token: &str) -> Cow<'_, str> {
    if token.contains('~') {
        Cow::Owned(token.replace("~1", "/").replace("~0", "~"))
    } else {
        Cow::Borrowed(token)
    }
}
