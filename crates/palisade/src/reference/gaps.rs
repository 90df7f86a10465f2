//! The page of the gaps of the inventory.

use discover::gaps::ALL;

use crate::reference::{GENERATED, cell};

/// The page of all kinds.
pub(super) fn page() -> String {
    let mut page = format!(
        "{GENERATED}\n\n# Gaps of the inventory\n\n\
         What does not fit together in what specifications, traffic and code tell, and what nobody said. Points add to the risk \
         of an API, up to the most that one kind adds, and with who can reach it (10 for anybody or where nobody says, 5 for \
         partners) and what there is to lose (10 for personal data, 15 for payment, health and credentials, 3 for internal \
         ids), up to 100.\n\n| gap | points | at most | what it is |\n|---|--:|--:|---|\n"
    );
    for kind in ALL {
        let (id, title) = (kind.id, cell(kind.title));
        page.push_str(&format!("| [`{id}`](#{id}) | {} | {} | {title} |\n", kind.points, kind.points_max));
    }
    for kind in ALL {
        page.push_str(&format!(
            "\n## {}\n\n{}. {}\n\nWhat to do: {}.\n\nTold is, and found *{}*:\n\n```text\n{}\n```\n\nNothing is found in:\n\n```text\n{}\n```\n",
            kind.id, capital(kind.title), kind.why, kind.fix, kind.says, kind.bad, kind.good
        ));
    }
    page
}

/// The text with a capital letter at its beginning.
fn capital(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters).collect()
}
