//! Documents that describe APIs, found beside the code: which kind one is, and how many operations it has.

use std::path::PathBuf;

/// What a document is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DocumentKind {
    /// OpenAPI, or Swagger 2.0.
    OpenApi,
    /// AsyncAPI.
    AsyncApi,
    /// The schema language of GraphQL.
    GraphQl,
    /// Protocol Buffers with services.
    Protobuf,
}

impl DocumentKind {
    /// What it is called.
    pub fn name(self) -> &'static str {
        match self {
            DocumentKind::OpenApi => "OpenAPI",
            DocumentKind::AsyncApi => "AsyncAPI",
            DocumentKind::GraphQl => "GraphQL",
            DocumentKind::Protobuf => "Protocol Buffers",
        }
    }
}

/// A document that describes an API.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ApiDocument {
    /// The file, as it is named in what was found.
    pub file: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it is written in.
    pub kind: DocumentKind,
    /// Methods of its services, or fields of its root types; absent where only a parser of the kind could say it.
    pub operations: Option<u64>,
}

/// So much of JSON and YAML is looked at, in bytes: the version stands in front.
pub(super) const HEAD_BYTES: usize = 4 << 10;

/// Whether a file of this name may be such a document, and whether its beginning is enough to tell.
pub(super) fn may_be(name: &str) -> Option<bool> {
    match name.rsplit_once('.')?.1 {
        "json" | "yaml" | "yml" => Some(true),
        "proto" | "graphql" | "graphqls" | "gql" => Some(false),
        _ => None,
    }
}

/// What a file of this name and text is, and its operations; none where it describes no API.
pub(super) fn kind(name: &str, text: &str) -> Option<(DocumentKind, Option<u64>)> {
    match name.rsplit_once('.')?.1 {
        "json" | "yaml" | "yml" => of_version(text).map(|kind| (kind, None)),
        "proto" => {
            let count = methods(&words(text, &["//"]));
            (count > 0).then_some((DocumentKind::Protobuf, Some(count)))
        }
        _ => root_fields(&words(text, &["#"])).map(|count| (DocumentKind::GraphQl, Some(count))),
    }
}

/// The kind whose version a document of JSON or YAML begins with.
fn of_version(text: &str) -> Option<DocumentKind> {
    let is_json = text.trim_start_matches('\u{feff}').trim_start().starts_with('{');
    let names = [
        ("openapi", DocumentKind::OpenApi),
        ("swagger", DocumentKind::OpenApi),
        ("asyncapi", DocumentKind::AsyncApi),
    ];
    let is_version = |rest: &str| {
        let value = rest.trim_start().strip_prefix(':').map(str::trim_start);
        value.is_some_and(|value| {
            value.trim_start_matches(['"', '\'']).starts_with(|c: char| c.is_ascii_digit())
        })
    };
    let found = names.into_iter().find(|(name, _)| match is_json {
        true => text
            .match_indices(&format!("\"{name}\""))
            .any(|(at, key)| text.get(at + key.len()..).is_some_and(is_version)),
        // A member of the document itself stands at the beginning of its line.
        false => text.lines().any(|line| {
            let key = line.trim_start_matches(['"', '\'']).strip_prefix(name);
            key.is_some_and(|rest| is_version(rest.trim_start_matches(['"', '\''])))
        }),
    });
    found.map(|(_, kind)| kind)
}

/// Words and signs of a text, without what stands in comments and strings.
fn words<'t>(text: &'t str, comments: &[&str]) -> Vec<&'t str> {
    words_at(text, comments).into_iter().map(|(_, word)| word).collect()
}

/// The same, each with where it begins.
pub(crate) fn words_at<'t>(text: &'t str, comments: &[&str]) -> Vec<(usize, &'t str)> {
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = if comments.iter().any(|mark| rest.starts_with(mark)) {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("\"\"\"") {
            rest.get(3..).and_then(|inside| inside.find("\"\"\"")).map_or(rest.len(), |end| end + 6)
        } else if matches!(first, '"' | '\'') {
            string(rest, first)
        } else if first.is_alphanumeric() || first == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            words.extend(rest.get(..length).map(|word| (text.len() - rest.len(), word)));
            length
        } else {
            let sign = rest.get(..first.len_utf8()).filter(|_| !first.is_whitespace());
            words.extend(sign.map(|sign| (text.len() - rest.len(), sign)));
            first.len_utf8()
        };
        rest = rest.get(length..).unwrap_or_default();
    }
    words
}

/// How long a string is, with both its quotes; it ends with its line.
fn string(text: &str, quote: char) -> usize {
    let mut is_escaped = false;
    for (at, letter) in text.char_indices().skip(1) {
        if letter == '\n' || letter == quote && !is_escaped {
            return at + letter.len_utf8();
        }
        is_escaped = letter == '\\' && !is_escaped;
    }
    text.len()
}

/// `rpc Get (`, as methods of services are written in Protocol Buffers.
fn methods(words: &[&str]) -> u64 {
    let mut count = 0;
    let mut before = ["", ""];
    for word in words {
        count += u64::from(before[0] == "rpc" && *word == "(");
        before = [before[1], word];
    }
    count
}

/// Fields of the root types of a schema of GraphQL; none where the text has no types.
fn root_fields(words: &[&str]) -> Option<u64> {
    let mut roots = vec!["Query", "Mutation", "Subscription"];
    let (mut braces, mut parentheses, mut count) = (0_usize, 0_usize, 0);
    let (mut is_schema, mut is_root, mut names_roots) = (false, false, false);
    let mut before = ["", ""];
    for word in words {
        let [earlier, last] = before;
        match *word {
            "{" => braces += 1,
            "}" => {
                braces = braces.saturating_sub(1);
                if braces == 0 {
                    (is_root, names_roots) = (false, false);
                }
            }
            "(" | ":" if is_root && braces == 1 && parentheses == 0 && last != ")" => {
                count += u64::from(earlier != "@");
                parentheses += usize::from(*word == "(");
            }
            "(" => parentheses += 1,
            ")" => parentheses = parentheses.saturating_sub(1),
            "schema" if braces == 0 => names_roots = true,
            name if names_roots && braces == 1 && last == ":" => roots.push(name),
            name if braces == 0 && last == "type" => {
                is_schema = true;
                is_root = roots.contains(&name);
            }
            _ => {}
        }
        is_schema |= braces == 0 && matches!(last, "input" | "interface" | "enum" | "union" | "scalar");
        before = [last, word];
    }
    is_schema.then_some(count)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_are_known_by_what_is_in_them() {
        let check =
            |name: &str, text: &str, expected| assert_eq!(kind(name, text), expected, "{name}: {text}");
        let open = Some((DocumentKind::OpenApi, None));
        check("a.yaml", "# shop\nopenapi: 3.1.0\ninfo: {}\n", open);
        check("a.yml", "\"swagger\": '2.0'\n", open);
        check("a.json", "{ \"info\": {}, \"openapi\" : \"3.0.3\" }", open);
        check("a.yaml", "asyncapi: '2.6.0'\n", Some((DocumentKind::AsyncApi, None)));
        check("a.yaml", "tools:\n  openapi: 3.1.0\n", None);
        check("a.yaml", "openapi: generator.yaml\n", None);
        check("package.json", "{\"dependencies\": {\"openapi\": \"^3.0.0\"}}", None);
        check(
            "a.proto",
            "service A { // rpc No (B)\n rpc Get (B) returns (C);\n rpc Put(B) returns (C) {} }",
            Some((DocumentKind::Protobuf, Some(2))),
        );
        check("a.proto", "message Rpc { string rpc = 1; /* rpc A (B) */ }", None);
    }

    #[test]
    fn fields_of_root_types_are_operations_of_graphql() {
        let check = |text: &str, expected| {
            let found = kind("a.graphql", text);
            assert_eq!(found.map(|(_, count)| count.unwrap_or(99)), expected, "{text}");
        };
        check(
            "type Query { a: A, b(id: ID!, c: C): [B!]! @auth(role: ADMIN)\n \"\"\"say: it\"\"\" d: D }",
            Some(3),
        );
        check("type A { a: A }\nextend type Mutation { # b: B\n c(input: I = {a: 1}): C }", Some(1));
        check("schema { query: Root }\ntype Root { a: A b: B }", Some(2));
        check("input A { a: Int }", Some(0));
        check("query Orders { orders { id } }", None);
    }
}
