//! Any files as a program: nothing panics, and every route has a path and a place in a file that is there.
//!
//! Each file begins with a line `~~~file NAME`, and its name chooses the language.
#![no_main]

use discover::code::of_texts;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let blocks = text.strip_prefix("~~~file ").unwrap_or(text).split("\n~~~file ");
    let files: Vec<(String, String)> = blocks
        .map(|block| block.split_once('\n').unwrap_or((block, "")))
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .collect();
    let found = of_texts(&files);
    for route in &found.routes {
        assert!(route.path.starts_with('/') && !route.method.is_empty(), "{route:?}");
        // Several files may have the same name.
        let mut texts = files.iter().filter(|(name, _)| *name == route.file).map(|(_, text)| text);
        let is_within = |text: &String| (1..=text.lines().count().max(1)).contains(&(route.line as usize));
        assert!(texts.any(is_within), "{route:?}");
    }
});
