//! A tree of source code: the sample programs of the tests, many times, with code without routes around each.

use std::path::Path;

use crate::failure::{Failure, Outcome, because};
use crate::workspace::root;

/// Whose sample programs are in it: one of each language, and two of the most used.
pub(super) const FRAMEWORKS: [&str; 10] = [
    "express",
    "nestjs",
    "fastapi",
    "spring",
    "gin",
    "rails",
    "laravel",
    "aspnet-controllers",
    "axum",
    "ktor",
];

/// Files without routes beside each program, and repetitions of what is in one.
const PLAIN_FILES: usize = 12;
const PLAIN_REPEATED: usize = 12;

/// Code without routes, by the ending of its file; `#` is a number.
const PLAIN: &[(&str, &str)] = &[
    (
        "ts",
        "export function total#(lines: Line[], rate: number): number {\n  let sum = 0;\n  for (const line of lines) {\n    if (line.quantity > # && !line.free) {\n      sum += line.price * line.quantity;\n    }\n  }\n  // Rounded as the tax office wants it.\n  return Math.round(sum * (1 + rate) * 100) / 100;\n}\n\n",
    ),
    (
        "js",
        "function total#(lines, rate) {\n  let sum = 0;\n  for (const line of lines) {\n    if (line.quantity > # && !line.free) {\n      sum += line.price * line.quantity;\n    }\n  }\n  // Rounded as the tax office wants it.\n  return Math.round(sum * (1 + rate) * 100) / 100;\n}\n\n",
    ),
    (
        "py",
        "def total_#(lines, rate):\n    \"\"\"The price of all lines.\"\"\"\n    sum = 0\n    for line in lines:\n        if line.quantity > # and not line.free:\n            sum += line.price * line.quantity\n    # Rounded as the tax office wants it.\n    return round(sum * (1 + rate), 2)\n\n\n",
    ),
    (
        "java",
        "class Totals# {\n    long total(List<Line> lines, double rate) {\n        long sum = 0;\n        for (Line line : lines) {\n            if (line.quantity() > # && !line.free()) {\n                sum += line.price() * line.quantity();\n            }\n        }\n        // Rounded as the tax office wants it.\n        return Math.round(sum * (1 + rate));\n    }\n}\n\n",
    ),
    (
        "go",
        "func Total#(lines []Line, rate float64) float64 {\n\tsum := 0.0\n\tfor _, line := range lines {\n\t\tif line.Quantity > # && !line.Free {\n\t\t\tsum += line.Price * float64(line.Quantity)\n\t\t}\n\t}\n\t// Rounded as the tax office wants it.\n\treturn math.Round(sum*(1+rate)*100) / 100\n}\n\n",
    ),
    (
        "rb",
        "def total_#(lines, rate)\n  sum = 0\n  lines.each do |line|\n    sum += line.price * line.quantity if line.quantity > # && !line.free\n  end\n  # Rounded as the tax office wants it.\n  (sum * (1 + rate)).round(2)\nend\n\n",
    ),
    (
        "php",
        "function total#(array $lines, float $rate): float\n{\n    $sum = 0;\n    foreach ($lines as $line) {\n        if ($line->quantity > # && !$line->free) {\n            $sum += $line->price * $line->quantity;\n        }\n    }\n    // Rounded as the tax office wants it.\n    return round($sum * (1 + $rate), 2);\n}\n\n",
    ),
    (
        "cs",
        "class Totals#\n{\n    public decimal Total(IEnumerable<Line> lines, decimal rate)\n    {\n        decimal sum = 0;\n        foreach (var line in lines)\n        {\n            if (line.Quantity > # && !line.Free)\n            {\n                sum += line.Price * line.Quantity;\n            }\n        }\n        return Math.Round(sum * (1 + rate), 2);\n    }\n}\n\n",
    ),
    (
        "rs",
        "pub fn total_#(lines: &[Line], rate: f64) -> f64 {\n    let mut sum = 0.0;\n    for line in lines {\n        if line.quantity > # && !line.is_free {\n            sum += line.price * f64::from(line.quantity);\n        }\n    }\n    // Rounded as the tax office wants it.\n    (sum * (1.0 + rate) * 100.0).round() / 100.0\n}\n\n",
    ),
    (
        "kt",
        "fun total#(lines: List<Line>, rate: Double): Double {\n    var sum = 0.0\n    for (line in lines) {\n        if (line.quantity > # && !line.free) {\n            sum += line.price * line.quantity\n        }\n    }\n    // Rounded as the tax office wants it.\n    return round(sum * (1 + rate) * 100) / 100\n}\n\n",
    ),
];

/// What was written.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) bytes: u64,
    pub(super) lines: usize,
    pub(super) files: usize,
    pub(super) programs: usize,
    /// What the samples say that they have.
    pub(super) routes: usize,
}

/// Writes so many copies of each program below `folder`, which is emptied before.
pub(super) fn write(folder: &Path, copies: usize) -> Outcome<Tree> {
    if folder.exists() {
        let emptied = std::fs::remove_dir_all(folder);
        emptied.map_err(because(format!("cannot empty `{}`", folder.display())))?;
    }
    let mut tree = Tree::default();
    for framework in FRAMEWORKS {
        let path = root().join("crates/discover/tests/code").join(framework).with_extension("txt");
        let sample =
            std::fs::read_to_string(&path).map_err(because(format!("cannot read `{}`", path.display())))?;
        for copy in 0..copies {
            tree.program(&folder.join(format!("{framework}-{copy:03}")), &sample)?;
        }
    }
    Ok(tree)
}

impl Tree {
    /// Writes one program, of which files and routes stand behind each other in `sample`.
    fn program(&mut self, folder: &Path, sample: &str) -> Outcome<()> {
        let mut ending = "";
        for part in sample.split("~~~").filter(|part| !part.is_empty()) {
            let (head, text) = part.split_once('\n').unwrap_or((part, ""));
            match head.split_once(' ') {
                Some(("file", name)) => {
                    ending = known(name).unwrap_or(ending);
                    self.file(&folder.join(name), text)?;
                }
                _ if head == "routes" => self.routes += text.lines().count(),
                _ => return Err(Failure::new(format!("`~~~{head}` is no part of a sample program"))),
            }
        }
        let (_, plain) = PLAIN.iter().find(|(known, _)| *known == ending).copied().unwrap_or_default();
        for file in 0..PLAIN_FILES {
            let start = if ending == "php" { "<?php\n\n" } else { "" };
            let repeated = (0..PLAIN_REPEATED)
                .map(|number| plain.replace('#', &(file * PLAIN_REPEATED + number).to_string()));
            let text = std::iter::once(start.to_owned()).chain(repeated).collect::<String>();
            self.file(&folder.join(format!("totals/part{file}.{ending}")), &text)?;
        }
        self.programs += 1;
        Ok(())
    }

    fn file(&mut self, path: &Path, text: &str) -> Outcome<()> {
        let failed = || because::<std::io::Error>(format!("cannot write `{}`", path.display()));
        std::fs::create_dir_all(path.parent().unwrap_or(path)).map_err(failed())?;
        std::fs::write(path, text).map_err(failed())?;
        self.bytes += text.len() as u64;
        self.lines += text.lines().count();
        self.files += 1;
        Ok(())
    }
}

/// The ending of a file of which there is code without routes.
fn known(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    PLAIN.iter().map(|(known, _)| *known).find(|known| *known == ending)
}

#[test]
fn every_sample_has_routes_and_a_language() {
    let folder = std::env::temp_dir().join(format!("palisade-tree-{}", std::process::id()));
    let tree = write(&folder, 1).expect("is written");
    assert_eq!(tree.programs, FRAMEWORKS.len());
    assert!(tree.routes > 100 && tree.lines > 10_000, "{tree:?}");
    for framework in FRAMEWORKS {
        let plain = folder.join(format!("{framework}-000/totals"));
        let files: Vec<_> = std::fs::read_dir(&plain).expect("there").flatten().collect();
        assert_eq!(files.len(), PLAIN_FILES, "{framework}");
        assert!(files.iter().all(|file| file.metadata().is_ok_and(|file| file.len() > 1000)), "{framework}");
    }
    std::fs::remove_dir_all(&folder).expect("is removed");
}
