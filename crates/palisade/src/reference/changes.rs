//! The pages of the kinds of changes that `palisade diff` finds.

use review::{CHANGES, Change, Matter};

use crate::reference::rules::{about, example, word};
use crate::reference::{GENERATED, cell};

/// The page of all kinds.
pub(super) fn page() -> String {
    let mut page = format!(
        "{GENERATED}\n\n# Changes that `palisade diff` finds\n\n\
         Two versions of a document are compared by what they mean: `$ref`s followed, `allOf` composed, branches of `oneOf` and \
         `anyOf` matched by what they say, `security` inherited and compared as sets of alternatives, schemes by what they are, \
         paths without the names of their parameters and with the base paths of the servers, and every version from 2.0 to 3.2 \
         in one spelling. Names of components, order and descriptions do not matter. Overlays are not compared.\n\n\
         Documents of AsyncAPI are compared likewise, 2.x with 3.x as well: channels by their addresses, operations by their \
         channel and by who sends, messages by what they hold. What the application receives is what callers send, and what it \
         sends is what they get. What servers and operations ask for holds together. Bindings are not compared, but for the \
         query and headers of WebSockets and HTTP; nor are payloads in other languages than JSON's schemas. A document of the \
         one is no version of one of the other, and is refused.\n\n\
         What the new version has no more is shown in the old one. `# palisade-allow: CHANGE until 2027-01-31, reason` in the \
         new version, or `x-palisade-allow`, takes the findings of one kind at or below its place out until that day; of what \
         is gone, the place is what it was in.\n"
    );
    for (matter, title) in
        [(Matter::Security, "What harms security"), (Matter::Breaking, "What breaks callers")]
    {
        page.push_str(&format!(
            "\n**{title}**\n\n| change | severity | what became worse | OWASP API Top 10 | control |\n|---|---|---|---|---|\n"
        ));
        for change in CHANGES.iter().filter(|change| change.matter == matter) {
            page.push_str(&format!(
                "| [`{0}`](#{0}) | {1} | {2} | {3} | `{4}` |\n",
                change.id,
                word(change.severity),
                cell(change.title),
                change.owasp.join(", "),
                change.control
            ));
        }
    }
    for change in CHANGES {
        page.push_str(&format!("\n## {}\n\n{}", change.id, body(change)));
    }
    page
}

/// One line for each kind.
pub(crate) fn list() -> String {
    let width = CHANGES.iter().map(|change| change.id.len()).max().unwrap_or(0);
    let line = |change: &&Change| {
        let matter = match change.matter {
            Matter::Security => "security",
            Matter::Breaking => "breaking",
        };
        format!("{:width$}  {matter}  {:7}  {}\n", change.id, word(change.severity), change.title)
    };
    CHANGES.iter().map(line).collect()
}

/// The page of one kind.
pub(crate) fn explained(change: &Change) -> String {
    format!("# {}\n\n{}", change.id, body(change))
}

fn body(change: &Change) -> String {
    format!(
        "{}\nThe old version:\n\n{}\nWorse (found where carets are, in either):\n\n{}\nNot worse:\n\n{}",
        about(&change.page()),
        example(change.old),
        example(change.bad),
        example(change.good)
    )
}
