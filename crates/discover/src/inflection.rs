//! One and many of what an English word names.

/// Many of what a word names, as far as its end tells.
pub(crate) fn plural(word: &str) -> String {
    let ends = |ends: &[&str]| ends.iter().any(|end| word.ends_with(end));
    match word.strip_suffix('y').filter(|_| !ends(&["ay", "ey", "oy"])) {
        Some(stem) => format!("{stem}ies"),
        None if ends(&["s", "x", "ch", "sh"]) => format!("{word}es"),
        None => format!("{word}s"),
    }
}

/// Words of one, by those of many, that no rule makes.
const ONES: &[(&str, &str)] = &[
    ("apis", "api"),
    ("people", "person"),
    ("men", "man"),
    ("children", "child"),
    ("statuses", "status"),
    ("aliases", "alias"),
    ("buses", "bus"),
    ("movies", "movie"),
    ("cookies", "cookie"),
    ("heroes", "hero"),
    ("potatoes", "potato"),
    ("tomatoes", "tomato"),
    ("analyses", "analysis"),
    ("diagnoses", "diagnosis"),
    ("crises", "crisis"),
    ("matrices", "matrix"),
    ("indices", "index"),
    ("vertices", "vertex"),
    ("data", "datum"),
    ("media", "medium"),
];

/// Words that are the same of one and of many.
const BOTH: &[&str] =
    &["news", "series", "species", "status", "equipment", "information", "sms", "dns", "tls", "metadata"];

/// One of what a word names many of, as far as its end tells.
pub(crate) fn singular(word: &str) -> String {
    let stem = |end: &str| word.strip_suffix(end);
    let last = word.rsplit(['_', '-']).next().unwrap_or(word);
    let known = ONES.iter().find(|(many, _)| *many == last);
    match (known, stem("ies"), stem("es"), stem("s")) {
        _ if BOTH.contains(&last) => word.to_owned(),
        (Some((many, one)), ..) => format!("{}{one}", stem(many).unwrap_or_default()),
        (_, Some(stem), ..) => format!("{stem}y"),
        (_, _, Some(stem), _) if ["ss", "x", "ch", "sh"].iter().any(|end| stem.ends_with(end)) => {
            stem.to_owned()
        }
        (.., Some(stem)) if !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_is_called_as_people_call_it() {
        for (many, one) in [
            ("orders", "order"),
            ("categories", "category"),
            ("addresses", "address"),
            ("boxes", "box"),
            ("batches", "batch"),
            ("statuses", "status"),
            ("houses", "house"),
            ("news", "news"),
            ("business", "business"),
            ("virus", "virus"),
            ("order-lines", "order-line"),
            ("analysis", "analysis"),
            ("apis", "api"),
            ("featured_people", "featured_person"),
        ] {
            assert_eq!(singular(many), one);
        }
    }
}
