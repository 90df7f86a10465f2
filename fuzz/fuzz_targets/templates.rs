//! Any lines `METHOD host/path status` as requests: each is counted once, in bounded memory, whoever learns from which of them.
#![no_main]

use discover::{LearnLimits, Learner, Lesson, Line, Observation, Place, Position};
use libfuzzer_sys::fuzz_target;

const LIMITS: LearnLimits = LearnLimits { nodes: 64, hosts: 8, unanswered: 8, shapes: 64 };

fuzz_target!(|text: &str| {
    let lines: Vec<&str> = text.lines().collect();
    let whole = learned(&lines).finish();
    check(&whole, lines.len());
    let (one, other) = lines.split_at(lines.len() / 2);
    let mut together = learned(one);
    together.merge(learned(other));
    check(&together.finish(), lines.len());
});

fn learned(lines: &[&str]) -> Learner {
    let mut learner = Learner::new(LIMITS);
    for (number, text) in lines.iter().enumerate() {
        let (request, status) = text.rsplit_once(' ').unwrap_or((text, ""));
        let (method, target) = request.split_once(' ').unwrap_or(("GET", request));
        let (host, path) = target.split_at(target.find('/').unwrap_or(0));
        let line = Line {
            method: Some(method.into()),
            host: Some(host.into()).filter(|host: &std::borrow::Cow<'_, str>| !host.is_empty()),
            path: Some(path.into()),
            status: status.parse().ok(),
            ..Line::default()
        };
        let place = Place { file: 0, position: Position::Line(number as u64 + 1) };
        learner.observe(&Observation { line: &line, place });
    }
    learner
}

fn check(lesson: &Lesson, requests: usize) {
    let counted: u64 = lesson.operations.iter().map(|operation| operation.tally.count).sum();
    assert_eq!(counted + lesson.unanswered.0 + lesson.not_kept, requests as u64);
    for operation in &lesson.operations {
        let mut names: Vec<&str> = operation.parameters.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), operation.parameters.len(), "{}", operation.path);
    }
}
