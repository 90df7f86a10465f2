//! Blanks what is not code: comments, contents of strings, and items that only tests compile. Line numbers stay.

/// The text with comments, and the contents of string and character literals, replaced by spaces.
pub(super) fn code(text: &str) -> String {
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < letters.len() {
        let end = literal_or_comment(&letters, at);
        if end > at {
            let quoted = letters[at] == '"';
            for (offset, letter) in letters[at..end].iter().enumerate() {
                let keeps = *letter == '\n' || (quoted && (offset == 0 || at + offset + 1 == end));
                out.push(if keeps { *letter } else { ' ' });
            }
            at = end;
        } else {
            out.push(letters[at]);
            at += 1;
        }
    }
    out
}

/// Where the comment or literal that starts at `at` ends; `at` itself where none starts there.
fn literal_or_comment(letters: &[char], at: usize) -> usize {
    let starts = |word: &str| word.chars().enumerate().all(|(i, c)| letters.get(at + i) == Some(&c));
    let in_word = at > 0 && (letters[at - 1].is_alphanumeric() || letters[at - 1] == '_');
    if starts("//") {
        (at..letters.len()).find(|&i| letters[i] == '\n').unwrap_or(letters.len())
    } else if starts("/*") {
        block_comment(letters, at)
    } else if letters[at] == 'r' && (!in_word || (letters[at - 1] == 'b' && at > 0)) {
        raw_string(letters, at).unwrap_or(at)
    } else if letters[at] == '"' {
        closing(letters, at + 1, '"')
    } else if letters[at] == '\'' && is_character(letters, at) {
        closing(letters, at + 1, '\'')
    } else {
        at
    }
}

fn block_comment(letters: &[char], at: usize) -> usize {
    let mut depth = 0;
    let mut i = at;
    while i < letters.len() {
        if letters[i] == '/' && letters.get(i + 1) == Some(&'*') {
            depth += 1;
            i += 2;
        } else if letters[i] == '*' && letters.get(i + 1) == Some(&'/') {
            depth -= 1;
            i += 2;
            if depth == 0 {
                return i;
            }
        } else {
            i += 1;
        }
    }
    i
}

fn raw_string(letters: &[char], at: usize) -> Option<usize> {
    let hashes = letters[at + 1..].iter().take_while(|c| **c == '#').count();
    let open = at + 1 + hashes;
    if letters.get(open) != Some(&'"') {
        return None;
    }
    let closes = |i: usize| {
        letters[i] == '"' && letters[i + 1..].iter().take(hashes).filter(|c| **c == '#').count() == hashes
    };
    let close = (open + 1..letters.len()).find(|&i| closes(i));
    Some(close.map_or(letters.len(), |i| i + 1 + hashes))
}

/// A quote opens a character and not a lifetime if it closes two or three letters on, or an escape follows.
fn is_character(letters: &[char], at: usize) -> bool {
    letters.get(at + 1) == Some(&'\\') || letters.get(at + 2) == Some(&'\'')
}

fn closing(letters: &[char], from: usize, quote: char) -> usize {
    let mut i = from;
    while i < letters.len() {
        match letters[i] {
            '\\' => i += 2,
            letter if letter == quote => return i + 1,
            _ => i += 1,
        }
    }
    letters.len()
}

/// Masked code with the items under `#[cfg(test)]` and `#[test]` blanked.
pub(super) fn without_tests(code: &str) -> String {
    let mut out = code.to_owned();
    for mark in ["#[cfg(test)]", "#[test]", "#[cfg(any(test"] {
        let mut from = 0;
        while let Some(start) = out[from..].find(mark).map(|at| at + from) {
            let end = item_end(&out, start + mark.len());
            let blank: String = out[start..end].chars().map(|c| if c == '\n' { '\n' } else { ' ' }).collect();
            out.replace_range(start..end, &blank);
            from = start + blank.len();
        }
    }
    out
}

/// Where the item ends that starts at `from`: after its outermost braces, or at its semicolon.
fn item_end(code: &str, from: usize) -> usize {
    let mut depth = 0_usize;
    for (offset, letter) in code[from..].char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth <= 1 => return from + offset + 1,
            '}' => depth -= 1,
            ';' if depth == 0 => return from + offset + 1,
            _ => {}
        }
    }
    code.len()
}

#[test]
fn only_code_is_left() {
    for (text, expected) in [
        ("a // b\nc", "a     \nc"),
        ("a /* b /* c */ d */ e", "a                   e"),
        (r#"x("a\"b") y"#, r#"x("    ") y"#),
        ("r#\"a\"b\"# c", "         c"),
        ("br\"ab\" c", "b      c"),
        ("'\"' 'a 'b'", "    'a    "),
        ("fn f<'a>(x: &'a str)", "fn f<'a>(x: &'a str)"),
        ("var\"a\"", "var\" \""),
    ] {
        assert_eq!(code(text), expected, "{text}");
    }
}

#[test]
fn what_tests_alone_compile_is_gone() {
    let code = "fn a() {}\n#[cfg(test)]\nmod tests {\n  fn b() { x }\n}\nfn c() {}\n#[cfg(test)]\nmod d;\nfn e() {}\n";
    let kept = without_tests(code);
    assert_eq!(kept.lines().count(), code.lines().count());
    assert_eq!(kept.split_whitespace().collect::<Vec<_>>().join(" "), "fn a() {} fn c() {} fn e() {}");
}
