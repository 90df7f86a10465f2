//! CODEOWNERS, as GitHub, GitLab and Bitbucket read it.

/// The most lines that count.
const RULES_MAX: usize = 1 << 14;

/// The longest pattern, and the longest path that is asked for, in bytes.
const BYTES_MAX: usize = 4096;

/// Who owns which files. GitHub and Bitbucket take the last line that is about a file; GitLab that of each section.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CodeOwners {
    rules: Vec<Rule>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Rule {
    /// Which section it is of, in lower case; empty before the first.
    section: String,
    /// Its segments.
    pattern: Vec<String>,
    /// Whether it says that files are owned by nobody.
    is_exempt: bool,
    owners: Vec<String>,
    line: u64,
}

impl CodeOwners {
    /// Where the file may be, the first that is there counts.
    pub const PLACES: &[&str] = &[
        ".github/CODEOWNERS",
        "CODEOWNERS",
        "docs/CODEOWNERS",
        ".gitlab/CODEOWNERS",
        ".bitbucket/CODEOWNERS",
    ];

    /// Reads the file; lines that are none are passed over, as they are there.
    pub fn parse(text: &str) -> CodeOwners {
        let mut rules = Vec::new();
        let (mut section, mut default) = (String::new(), Vec::new());
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if let Some((name, owners)) = heading(line) {
                section = name;
                default = owners;
                continue;
            }
            let words = words(line);
            let Some((pattern, owners)) = words.split_first() else { continue };
            let (pattern, is_exempt) = match pattern.strip_prefix('!') {
                Some(pattern) => (pattern, true),
                None => (pattern.as_str(), false),
            };
            if rules.len() >= RULES_MAX || pattern.len() > BYTES_MAX {
                continue;
            }
            let owners: Vec<String> = owners.iter().filter(|owner| is_owner(owner)).cloned().collect();
            rules.push(Rule {
                section: section.clone(),
                pattern: segments(pattern),
                is_exempt,
                owners: if owners.is_empty() { default.clone() } else { owners },
                line: number as u64 + 1,
            });
        }
        CodeOwners { rules }
    }

    /// Who owns the file at `path`, seen from the root of the repository, and the line that says so; of several the first.
    pub fn of(&self, path: &str) -> Option<(Vec<&str>, u64)> {
        let path: Vec<&str> = path.trim_start_matches('/').split('/').collect();
        if path.iter().map(|segment| segment.len()).sum::<usize>() > BYTES_MAX {
            return None;
        }
        let mut sections: Vec<&str> = self.rules.iter().map(|rule| rule.section.as_str()).collect();
        sections.sort_unstable();
        sections.dedup();
        let mut found: Vec<&Rule> = Vec::new();
        for section in sections {
            let own = self.rules.iter().filter(|rule| rule.section == section);
            let about: Vec<&Rule> = own.filter(|rule| takes(&rule.pattern, &path)).collect();
            // What is exempt stays it, whatever comes later.
            if !about.iter().any(|rule| rule.is_exempt) {
                found.extend(about.last().filter(|rule| !rule.owners.is_empty()));
            }
        }
        found.sort_by_key(|rule| rule.line);
        let line = found.first()?.line;
        let mut owners: Vec<&str> = Vec::new();
        for owner in found.iter().flat_map(|rule| &rule.owners) {
            if !owners.contains(&owner.as_str()) {
                owners.push(owner);
            }
        }
        Some((owners, line))
    }
}

/// `[Name]`, `^[Name][2] @owner`: the name of a section of GitLab, and who owns what names nobody in it.
fn heading(line: &str) -> Option<(String, Vec<String>)> {
    let rest = line.strip_prefix('^').unwrap_or(line).strip_prefix('[')?;
    let (name, rest) = rest.split_once(']')?;
    let rest = match rest.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((_, rest)) => rest,
        None => rest,
    };
    // A pattern may begin with a class of letters, as in `[ab].txt`.
    let is_heading = rest.is_empty() || rest.starts_with([' ', '\t']);
    let owners = words(rest).into_iter().filter(|owner| is_owner(owner)).collect();
    is_heading.then(|| (name.trim().to_lowercase(), owners))
}

/// The words of a line up to a comment; a space behind a backslash is a part of a word.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut letters = line.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' if letters.peek().is_some_and(|next| matches!(next, ' ' | '#')) => {
                word.extend(letters.next())
            }
            '#' if word.is_empty() => break,
            letter if letter.is_whitespace() => {
                if !word.is_empty() {
                    words.push(std::mem::take(&mut word));
                }
            }
            letter => word.push(letter),
        }
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn is_owner(word: &str) -> bool {
    word.starts_with('@') && word.len() > 1 || word.contains('@') && word.contains('.')
}

/// The segments of a pattern, `**` in front where it is about files in any folder, and behind where it is about a folder.
fn segments(pattern: &str) -> Vec<String> {
    let is_anchored = pattern.trim_end_matches('/').contains('/');
    let is_folder = pattern.ends_with('/');
    let mut segments: Vec<String> =
        pattern.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
    if !is_anchored {
        segments.insert(0, "**".to_owned());
    }
    // `docs/*` is about files of the folder alone, and `docs` about all below it.
    let is_open = segments.last().is_some_and(|last| last != "*" && last != "**");
    if is_folder || is_open {
        segments.push(if is_folder { "**" } else { "" }.to_owned());
    }
    segments
}

/// Whether a pattern takes a path, asked for each rest of both once: an empty segment takes nothing, or whatever follows.
fn takes(pattern: &[String], path: &[&str]) -> bool {
    let mut reached = vec![false; path.len() + 1];
    if let Some(first) = reached.first_mut() {
        *first = true;
    }
    for (number, segment) in pattern.iter().enumerate() {
        let mut next = vec![false; path.len() + 1];
        let is_last = number + 1 == pattern.len();
        let mut is_open = false;
        for at in 0..=path.len() {
            let is_here = reached.get(at) == Some(&true);
            let takes_any = match segment.as_str() {
                // At the end it stands for at least one, within for none as well.
                "**" if is_last => {
                    let was_open = is_open;
                    is_open |= is_here;
                    was_open
                }
                "**" | "" => {
                    is_open |= is_here;
                    is_open
                }
                _ => false,
            };
            let is_next = || {
                let before = at.checked_sub(1)?;
                let is_reached = *reached.get(before)? && !matches!(segment.as_str(), "**" | "");
                Some(is_reached && glob(segment.as_bytes(), path.get(before)?.as_bytes()))
            };
            if let Some(place) = next.get_mut(at) {
                *place = takes_any || is_next() == Some(true);
            }
        }
        reached = next;
    }
    reached.last() == Some(&true)
}

/// Whether a name is as a pattern says, in which `*` stands for any text and `?` for any byte.
fn glob(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, from));
                at += 1;
            }
            Some(letter) if *letter == b'?' || name.get(from) == Some(letter) => {
                at += 1;
                from += 1;
            }
            _ => match star {
                Some((place, taken)) => {
                    star = Some((place, taken + 1));
                    at = place + 1;
                    from = taken + 1;
                }
                None => return false,
            },
        }
    }
    pattern.get(at..).unwrap_or_default().iter().all(|letter| *letter == b'*')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, path: &str, expected: &str) {
        let rules = CodeOwners::parse(text);
        let found = rules.of(path).map(|(owners, line)| format!("{} {line}", owners.join(" ")));
        assert_eq!(found.unwrap_or_default(), expected, "{text}: {path}");
    }

    #[test]
    fn the_last_line_that_is_about_a_file_counts() {
        let text = "# all\n*       @all\n*.js    @js # scripts\n/build/logs/ @ops\ndocs/*  docs@shop.example\napps/ @apps\n/apps/shop\n";
        check(text, "a/b.txt", "@all 2");
        check(text, "a/b.js", "@js 3");
        check(text, "build/logs/a/b.log", "@ops 4");
        check(text, "x/build/logs/b.log", "@all 2");
        check(text, "docs/a.md", "docs@shop.example 5");
        check(text, "docs/a/b.md", "@all 2");
        check(text, "x/apps/a/b.rs", "@apps 6");
        check(text, "apps/shop/a.rs", "");
    }

    #[test]
    fn patterns_are_about_folders_stars_and_escaped_names() {
        check("/src @a", "src/x/y.rs", "@a 1");
        check("/src @a", "src", "@a 1");
        check("src/ @a", "src", "");
        check("**/logs @a", "deep/down/logs/x", "@a 1");
        check("a/**/z @a", "a/z", "@a 1");
        check("a/**/z @a", "a/b/c/z", "@a 1");
        check("a/** @a", "a/b/c", "@a 1");
        check("a/** @a", "a", "");
        check(r"my\ docs/ @a", "my docs/b", "@a 1");
        check("*.ts? @a", "x/a.tsx", "@a 1");
        check("* someone", "a", "");
    }

    #[test]
    fn sections_of_gitlab_each_have_a_say() {
        let text = "* @all\n[Docs] @writers\n*.md\nREADME.md @boss\n^[API][2]\n/specs/ @@api @all\n[docs]\n!CHANGELOG.md\n";
        check(text, "README.md", "@all @boss 1");
        check(text, "specs/a.md", "@all @writers @@api 1");
        check(text, "CHANGELOG.md", "@all 1");
        check("[ab].txt @a", "x", "");
    }

    #[test]
    fn hostile_patterns_cost_little() {
        let text = format!("{}x @a", "**/a*a*a*a*/".repeat(100));
        check(&text, &vec!["aaaaaaaaaaaaaaaaaaaa"; 100].join("/"), "");
    }
}
