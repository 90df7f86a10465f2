//! The pages of the review's rules: what each finds, why, what to do, and examples.

use model::Severity;
use review::{ALL, FULL_TENTHS, Kind, Page, Rule, weight};

use crate::reference::{GENERATED, cell};

/// The page of all rules.
pub(super) fn page() -> String {
    let mut page = format!(
        "{GENERATED}\n\n# Rules of `palisade review`\n\n\
         Each looks at a whole document, with `security` inherited, `$ref`s followed and schemas composed. An error is wrong \
         whatever the API is for; a warning is wrong for most; a note is worth knowing. Ids read after \"allow\": \
         `# palisade-allow: RULE until 2027-01-31, reason` in a YAML document, or `x-palisade-allow` in any, takes the \
         findings of one rule at or below its place out until that day. A rule is about documents of OpenAPI, of AsyncAPI, or of \
         both; what \"callers send\" is in the latter what the application receives.\n\n\
         | rule | severity | what it finds | OWASP API Top 10 | control | about |\n|---|---|---|---|---|---|\n"
    );
    for rule in ALL {
        page.push_str(&format!(
            "| [`{0}`](#{0}) | {1} | {2} | {3} | `{4}` | {5} |\n",
            rule.id,
            word(rule.severity),
            cell(rule.title),
            rule.owasp.join(", "),
            rule.control,
            kinds(rule)
        ));
    }
    page.push_str(&scores());
    for rule in ALL {
        page.push_str(&format!("\n## {}\n\n{}", rule.id, body(rule)));
    }
    page
}

/// How scores are made.
fn scores() -> String {
    format!(
        "\n## Scores\n\n\
         Each row of the OWASP API Security Top 10 begins with {} points. For each rule of the row, each operation that is \
         concerned by a finding costs {} points for an error, {} for a warning or {} for a note, the worst of them once, divided \
         by the number of operations that were judged; so it is the share of the API that counts, and not its size. Costs are \
         rounded up to a tenth of a point, and no row falls below 0. A finding concerns the operation that it stands in, or \
         those that reach its place by `$ref`; of a security scheme, those that ask for it; of a server or `info`, all that the row judges. What \
         no operation reaches costs nothing. Findings in a baseline count, those that the document allows do not.\n\n\
         A row has no score where there is nothing of it to judge: API1 looks at operations with the id of an object in their \
         path, API3 at those with a described body or answer, API5 at those that let everybody call or ask for a scheme with \
         scopes, API6 at flows of business that are known by their path, API7 at those with parameters or a body, API10 at \
         callbacks and webhooks. Of messages, those that are sent and those that are received are judged: by API2 and API8 those on a server, by API3 those whose \
         channel has a described message, by API5 those that a server lets everybody send or receive or that ask for a scheme \
         with scopes, themselves or by their server, by API4 and API7 those that are received; no rule of API1, API6 and API10 \
         is about messages. A score says what the document shows of a row, and nothing of what the API does.\n",
        FULL_TENTHS / 10,
        weight(Severity::Error),
        weight(Severity::Warning),
        weight(Severity::Note)
    )
}

/// One line for each rule.
pub(crate) fn list() -> String {
    let width = ALL.iter().map(|rule| rule.id.len()).max().unwrap_or(0);
    let line = |rule: &&Rule| {
        format!("{:width$}  {:7}  {:17}  {}\n", rule.id, word(rule.severity), kinds(rule), rule.title)
    };
    ALL.iter().map(line).collect()
}

/// The page of one rule.
pub(crate) fn explained(rule: &Rule) -> String {
    format!("# {}\n\n{}", rule.id, body(rule))
}

fn body(rule: &Rule) -> String {
    let fixer = review::fixer(rule.id);
    let fixer = fixer.map_or_else(String::new, |fixer| format!("\n`--fix` {}.\n", fixer.what));
    format!(
        "{}{fixer}\nAbout: {}.\n\nFound (where carets are):\n\n{}\nNot found:\n\n{}",
        about(&rule.page()),
        kinds(rule),
        example(rule.bad),
        example(rule.good)
    )
}

/// What there is to say of a rule or a kind of change, before its examples.
pub(super) fn about(page: &Page) -> String {
    let Page { title, severity, control, owasp, cwe, nist, why, fix, .. } = *page;
    format!(
        "*{title}; severity: {}; control: `{control}`; {}, {}, {}*\n\n{why}\n\nWhat to do: {fix}.\n",
        word(severity),
        owasp.join(", "),
        cwe.join(", "),
        nist.join(", "),
    )
}

/// The kinds of documents that a rule is about.
fn kinds(rule: &Rule) -> String {
    rule.kinds().map(Kind::name).collect::<Vec<_>>().join(", ")
}

/// An example as a block of YAML.
pub(super) fn example(text: &str) -> String {
    format!("~~~yaml\n{}\n~~~\n", text.trim())
}

/// A severity in the words of a page.
pub(super) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}
