//! What forms accept.

use crate::contract::trial::Trial;

fn trial(media: &str, content: &str) -> Trial {
    Trial::of_paths(&format!(
        "  /:\n    post:\n      responses: {{}}\n      requestBody: {{required: true, content: {{{media}: {content}}}}}"
    ))
}

#[track_caller]
fn check_pairs(content: &str, cases: &[(&str, &str)]) {
    let trial = trial("application/x-www-form-urlencoded", content);
    for (body, expected) in cases {
        let request = format!("POST /\nContent-Type: application/x-www-form-urlencoded\n\n{body}");
        assert_eq!(trial.send(&request), *expected, "{body}");
    }
}

/// Parts are `headers|data`, each header list beginning after `form-data; `.
#[track_caller]
fn check_parts(content: &str, cases: &[(&[&str], &str)]) {
    let trial = trial("multipart/form-data", content);
    for (parts, expected) in cases {
        let shown = parts.iter().map(|part| {
            let (headers, data) = part.split_once('|').unwrap();
            let headers = headers.replace(" & ", "\r\n");
            format!("--x\r\nContent-Disposition: form-data; {headers}\r\n\r\n{data}\r\n")
        });
        let body = format!("{}--x--", shown.collect::<String>());
        let request = format!("POST /\nContent-Type: multipart/form-data; boundary=x\n\n{body}");
        assert_eq!(trial.send(&request), *expected, "{parts:?}");
    }
}

#[test]
fn pairs_become_an_object_typed_by_its_schema() {
    check_pairs(
        "{schema: {type: object, required: [n], properties: {n: {type: integer}, s: {type: string, maxLength: 3}, l: {type: array, items: {type: integer}}}, additionalProperties: false}}",
        &[
            ("n=1&s=a+b&l=1&l=2", "ok"),
            ("n=1&l=1", "ok"),
            ("s=a", "body: must have the property `n`"),
            ("n=x", "body: `/n` must be an integer, is a string"),
            ("n=1&s=a%20bc", "body: `/s` must have at most 3 characters"),
            ("n=1&l=x", "body: `/l/0` must be an integer, is a string"),
            ("n=1&n=2", "body `n`: has a name twice"),
            ("n=1&other=2", "body: must have no property that is not declared"),
            ("n=%zz", "body `n`: `%` without two hexadecimal digits"),
        ],
    );
}

#[test]
fn brackets_spell_objects_and_lists() {
    check_pairs(
        "{schema: {type: object, properties: {a: {type: object, properties: {b: {type: integer}, c: {type: array, items: {type: integer}}}, additionalProperties: false}}, additionalProperties: false}, encoding: {a: {style: deepObject, explode: true}}}",
        &[
            ("a[b]=1", "ok"),
            ("a%5Bc%5D%5B%5D=1&a[c][]=2", "ok"),
            ("a[c][0]=1&a[c][1]=2", "ok"),
            ("a[c][5]=1", "body `*`: has a name without a value"),
            ("a[b]=x", "body: `/a/b` must be an integer, is a string"),
            ("a[d]=1", "body: `/a` must have no property that is not declared"),
            ("z[d]=1", "body: must have no property that is not declared"),
        ],
    );
}

#[test]
fn objects_in_pairs_may_be_json() {
    check_pairs(
        "{schema: {type: object, properties: {o: {type: object, properties: {n: {type: integer}}}}}}",
        &[
            ("o=%7B%22n%22%3A1%7D", "ok"),
            ("o=%7B%22n%22%3A%22x%22%7D", "body: `/o/n` must be an integer, is a string"),
            ("o=%7B", "body `o`: the text ends too early"),
        ],
    );
}

#[test]
fn parts_become_an_object_typed_by_its_schema() {
    check_parts(
        "{schema: {type: object, required: [n], properties: {n: {type: integer}, file: {type: string, format: binary}, meta: {type: object, properties: {a: {type: integer}}}, tags: {type: array, items: {type: string, maxLength: 2}}}, additionalProperties: false}}",
        &[
            (&["name=n|1"], "ok"),
            (&["name=n|x"], "body: `/n` must be an integer, is a string"),
            (&["name=n|1", "name=file; filename=f|\u{0}"], "ok"),
            (&["name=n|1", "name=meta & Content-Type: application/json|{\"a\":1}"], "ok"),
            (
                &["name=n|1", "name=meta & Content-Type: application/json|{\"a\":\"x\"}"],
                "body: `/meta/a` must be an integer, is a string",
            ),
            (&["name=n|1", "name=meta|{"], "body `meta`: the text ends too early"),
            (&["name=n|1", "name=tags|a", "name=tags|bcd"], "body: `/tags/1` must have at most 2 characters"),
            (&["name=n|1", "name=n|2"], "body `n`: has a name twice"),
            (&["name=n|1", "name=z|2"], "body: must have no property that is not declared"),
            (&["name=file; filename=f|1"], "body: must have the property `n`"),
        ],
    );
}

#[test]
fn parts_have_the_media_types_that_are_declared() {
    check_parts(
        "{schema: {type: object, properties: {file: {type: string, format: binary}}}, encoding: {file: {contentType: 'image/png, image/*'}}}",
        &[
            (&["name=file; filename=f & Content-Type: image/gif|1"], "ok"),
            (
                &["name=file; filename=f & Content-Type: text/html|1"],
                "body `file`: is of a media type that is not declared for it",
            ),
            (&["name=file; filename=f|1"], "body `file`: is of a media type that is not declared for it"),
        ],
    );
}

#[test]
fn bodies_of_other_kinds_are_checked_as_far_as_they_can_be() {
    let text = trial("text/plain", "{schema: {type: string, maxLength: 3}}");
    text.check(&[
        ("POST /\nContent-Type: text/plain\n\nabc", "ok"),
        ("POST /\nContent-Type: text/plain; charset=utf-16\n\nabc", "body: the body is not in UTF-8"),
        ("POST /\nContent-Type: text/plain\n\nabcd", "body: must have at most 3 characters"),
        ("POST /\n\nabc", "body: the content type is missing"),
        ("POST /\nContent-Type: text\n\nabc", "body: the content type is malformed"),
        ("POST /\nContent-Type: text/html\n\nabc", "body: the content type is not declared"),
        ("POST /\nContent-Type: text/plain", "body: the body is missing"),
    ]);
    let any = trial("'*/*'", "{schema: {type: object}}");
    any.check(&[
        ("POST /\nContent-Type: application/vnd.a+json\n\n[]", "body: must be an object, is an array"),
        ("POST /\nContent-Type: image/png\n\n[]", "ok"),
    ]);
}
