//! What parameters accept, style by style.

use crate::contract::trial::Trial;

/// One operation, `GET /` or with the path given, and these parameters in flow style.
fn operation(path: &str, parameters: &[&str]) -> Trial {
    let list = parameters.iter().map(|parameter| format!("      - {{{parameter}}}\n")).collect::<String>();
    Trial::of_paths(&format!("  {path}:\n    get:\n      responses: {{}}\n      parameters:\n{list}"))
}

#[test]
fn scalars_are_typed_by_their_schema() {
    let trial = operation(
        "/{id}",
        &[
            "name: id, in: path, required: true, schema: {type: integer, minimum: 1}",
            "name: flag, in: query, schema: {type: boolean}",
            "name: ratio, in: query, schema: {type: number, maximum: 1}",
            "name: kind, in: query, schema: {type: string, enum: [a b, '1']}",
            "name: any, in: query, schema: {}",
        ],
    );
    trial.check(&[
        ("GET /7", "ok"),
        ("GET /0", "path `id`: must be at least 1"),
        ("GET /x", "path `id`: must be an integer, is a string"),
        ("GET /1.0", "path `id`: must be an integer, is a string"),
        ("GET /%31", "ok"),
        ("GET /9999999999999999999999", "ok"),
        ("GET /7?flag=true&ratio=0.5&kind=a+b&any=", "ok"),
        ("GET /7?kind=a%20b", "ok"),
        ("GET /7?kind=1", "ok"),
        ("GET /7?kind=a", "query `kind`: must be one of [\"a b\",\"1\"]"),
        ("GET /7?flag=yes", "query `flag`: must be a boolean, is a string"),
        ("GET /7?flag=", "query `flag`: must be a boolean, is a string"),
        ("GET /7?flag", "query `flag`: must be a boolean, is a string"),
        ("GET /7?ratio=2", "query `ratio`: must be at most 1"),
        ("GET /7?ratio=+1", "query `ratio`: must be a number, is a string"),
        ("GET /7?kind=%ff", "query `kind`: encoded bytes that are not UTF-8"),
        ("GET /7?kind=%f", "query `kind`: `%` without two hexadecimal digits"),
        ("GET /7?flag=true&flag=true", "query `flag`: occurs more than once"),
        ("GET /7?other=1", "undeclared other"),
        ("GET /7?Flag=true", "undeclared Flag"),
    ]);
}

#[test]
fn required_and_empty_values_are_told_apart() {
    let trial = operation(
        "/",
        &[
            "name: q, in: query, required: true, schema: {type: string}",
            "name: n, in: query, schema: {type: integer}, allowEmptyValue: true",
            "name: m, in: query, schema: {type: string, minLength: 1}",
        ],
    );
    trial.check(&[
        ("GET /", "query `q`: is missing"),
        ("GET /?q=", "ok"),
        ("GET /?q", "ok"),
        ("GET /?q=&n=", "ok"),
        ("GET /?q=&n=1", "ok"),
        ("GET /?q=&n=x", "query `n`: must be an integer, is a string"),
        ("GET /?q=&m=", "query `m`: must have at least 1 characters"),
        ("GET /?q=a&q=b", "query `q`: occurs more than once"),
    ]);
}

#[test]
fn a_scalar_of_several_types_is_valid_by_any_of_them() {
    let trial = operation(
        "/",
        &["name: v, in: query, schema: {oneOf: [{type: integer, maximum: 9}, {type: string, minLength: 3}]}"],
    );
    trial.check(&[
        ("GET /?v=5", "ok"),
        ("GET /?v=500", "ok"),
        ("GET /?v=50", "query `v`: must match one of the alternatives, matches none"),
        ("GET /?v=ab", "query `v`: must match one of the alternatives, matches none"),
    ]);
}

#[test]
fn arrays_in_queries_follow_their_style() {
    let ids = "schema: {type: array, items: {type: integer}, maxItems: 3}";
    let trial = operation(
        "/",
        &[
            &format!("name: a, in: query, {ids}"),
            &format!("name: c, in: query, explode: false, {ids}"),
            &format!("name: s, in: query, style: spaceDelimited, {ids}"),
            &format!("name: p, in: query, style: pipeDelimited, {ids}"),
            "name: t, in: query, explode: false, schema: {type: array, items: {type: string, maxLength: 3}}",
        ],
    );
    trial.check(&[
        ("GET /?a=1&a=2", "ok"),
        ("GET /?a=1", "ok"),
        ("GET /?a=1,2", "query `a`: `/0` must be an integer, is a string"),
        ("GET /?a=1&a=x", "query `a`: `/1` must be an integer, is a string"),
        ("GET /?a=1&a=2&a=3&a=4", "query `a`: must have at most 3 items"),
        ("GET /?c=1,2", "ok"),
        ("GET /?c=1&c=2", "query `c`: occurs more than once"),
        ("GET /?c=1%2C2", "query `c`: `/0` must be an integer, is a string"),
        ("GET /?s=1%202", "ok"),
        ("GET /?s=1+2", "ok"),
        ("GET /?p=1|2%7c3", "ok"),
        ("GET /?p=1|x", "query `p`: `/1` must be an integer, is a string"),
        ("GET /?t=a%2Cb,c", "ok"),
        ("GET /?t=a%2Cbc,c", "query `t`: `/0` must have at most 3 characters"),
    ]);
}

#[test]
fn objects_in_queries_follow_their_style() {
    let point = "schema: {type: object, required: [x], properties: {x: {type: integer}, y: {type: integer}}, additionalProperties: false}";
    let trial = operation("/e", &[&format!("name: p, in: query, {point}")]);
    trial.check(&[
        ("GET /e?x=1&y=2", "ok"),
        ("GET /e?y=2", "query `p`: must have the property `x`"),
        ("GET /e?x=a", "query `p`: `/x` must be an integer, is a string"),
        ("GET /e?x=1&z=1", "undeclared z"),
        ("GET /e", "ok"),
    ]);
    let open =
        operation("/o", &["name: p, in: query, schema: {type: object, properties: {x: {type: integer}}}"]);
    open.check(&[("GET /o?x=1", "ok"), ("GET /o?z=1", "undeclared z")]);
    let trial = operation("/f", &[&format!("name: p, in: query, explode: false, {point}")]);
    trial.check(&[
        ("GET /f?p=x,1,y,2", "ok"),
        ("GET /f?p=x,1,y", "query `p`: has a name without a value"),
        ("GET /f?p=x,1,x,2", "query `p`: has a name twice"),
        ("GET /f?p=x,1,z,2", "query `p`: must have no property that is not declared"),
    ]);
    let trial = operation("/d", &[&format!("name: p, in: query, style: deepObject, explode: true, {point}")]);
    trial.check(&[
        ("GET /d?p[x]=1&p%5By%5D=2", "ok"),
        ("GET /d?p[x]=1&p[x]=2", "query `p`: has a name twice"),
        ("GET /d?p[y]=1", "query `p`: must have the property `x`"),
        ("GET /d?p[z]=1&p[x]=1", "query `p`: must have no property that is not declared"),
        ("GET /d?p=1", "undeclared p"),
        ("GET /d?q[x]=1", "undeclared q[x]"),
    ]);
}

#[test]
fn paths_know_labels_and_matrices() {
    let array = "required: true, schema: {type: array, items: {type: integer}}";
    let object = "required: true, schema: {type: object, properties: {x: {type: integer}}}";
    for (style, explode, good, bad) in [
        ("simple", false, "/1,2", "/1,b"),
        ("label", false, "/.1,2", "/1,2"),
        ("label", true, "/.1.2", "/.1.b"),
        ("matrix", false, "/;p=1,2", "/;q=1,2"),
        ("matrix", true, "/;p=1;p=2", "/;p=1;p=b"),
    ] {
        let trial =
            operation("/{p}", &[&format!("name: p, in: path, style: {style}, explode: {explode}, {array}")]);
        assert_eq!(trial.send(&format!("GET {good}")), "ok", "{style} {explode}");
        assert_ne!(trial.send(&format!("GET {bad}")), "ok", "{style} {explode}");
    }
    for (style, explode, good, bad) in [
        ("simple", false, "/x,1", "/x,b"),
        ("simple", true, "/x=1,y=2", "/x=b"),
        ("label", true, "/.x=1.y=2", "/.x=b"),
        ("matrix", false, "/;p=x,1", "/;p=x,b"),
        ("matrix", true, "/;x=1;y=2", "/;x=b"),
    ] {
        let trial =
            operation("/{p}", &[&format!("name: p, in: path, style: {style}, explode: {explode}, {object}")]);
        assert_eq!(trial.send(&format!("GET {good}")), "ok", "{style} {explode}");
        assert_ne!(trial.send(&format!("GET {bad}")), "ok", "{style} {explode}");
    }
}

#[test]
fn several_parameters_of_a_segment_are_checked_apart() {
    let trial = operation(
        "/d/{y}-{m}",
        &[
            "name: m, in: path, required: true, schema: {type: integer, maximum: 12}",
            "name: y, in: path, required: true, schema: {type: integer}",
        ],
    );
    trial.check(&[
        ("GET /d/2024-11", "ok"),
        ("GET /d/2024-13", "path `m`: must be at most 12"),
        ("GET /d/x-11", "path `y`: must be an integer, is a string"),
    ]);
}

#[test]
fn an_encoded_slash_is_part_of_the_value() {
    let trial = operation(
        "/f/{p}",
        &["name: p, in: path, required: true, schema: {type: string, pattern: '^[a-z/]+$'}"],
    );
    trial.check(&[
        ("GET /f/a%2Fb", "ok"),
        ("GET /f/a%5Cb", "path `p`: must match the pattern"),
        ("GET /f/a/b", "no path"),
    ]);
}

#[test]
fn headers_are_read_case_blind_and_undecoded() {
    let trial = operation(
        "/",
        &[
            "name: X-Count, in: header, required: true, schema: {type: integer}",
            "name: X-Tags, in: header, schema: {type: array, items: {type: string, maxLength: 3}}",
            "name: Authorization, in: header, required: true, schema: {type: integer}",
        ],
    );
    trial.check(&[
        ("GET /", "header `X-Count`: is missing"),
        ("GET /\nx-count: 5", "ok"),
        ("GET /\nx-count: 5\nx-count: 6", "header `X-Count`: occurs more than once"),
        ("GET /\nx-count: %35", "header `X-Count`: must be an integer, is a string"),
        ("GET /\nx-count: 5\nx-tags: a, b\nx-tags: c", "ok"),
        ("GET /\nx-count: 5\nx-tags: a, bbbb", "header `X-Tags`: `/1` must have at most 3 characters"),
        (
            "GET /\nx-count: 5\nx-tags: a\nx-tags: bbbb",
            "header `X-Tags`: `/1` must have at most 3 characters",
        ),
    ]);
}

#[test]
fn cookies_are_found_by_their_name() {
    let trial =
        operation("/", &["name: sid, in: cookie, required: true, schema: {type: string, format: uuid}"]);
    let id = "0f8fad5b-d9cb-469f-a165-70867728950e";
    trial.check(&[
        ("GET /", "cookie `sid`: is missing"),
        (&format!("GET /\ncookie: a=1; sid={id}"), "ok"),
        (&format!("GET /\ncookie: sid=\"{id}\"; b=2"), "ok"),
        ("GET /\ncookie: sid=x", "cookie `sid`: must be in the format `uuid`"),
        ("GET /\ncookie: xsid=x", "cookie `sid`: is missing"),
        (&format!("GET /\ncookie: sid={id}; sid=x"), "cookie `sid`: occurs more than once"),
    ]);
}

#[test]
fn json_in_a_parameter_is_parsed_and_checked() {
    let trial = operation(
        "/",
        &[
            "name: f, in: query, content: {application/json: {schema: {type: object, required: [a], properties: {a: {type: integer}}}}}",
        ],
    );
    trial.check(&[
        ("GET /?f=%7B%22a%22:1%7D", "ok"),
        ("GET /?f=%7B%22a%22:%22x%22%7D", "query `f`: `/a` must be an integer, is a string"),
        ("GET /?f=%7B%22a%22:1,%22a%22:2%7D", "query `f`: member name that the object already has"),
        ("GET /?f=%7B", "query `f`: the text ends too early"),
    ]);
}

#[test]
fn violations_never_show_what_was_sent() {
    let trial = operation(
        "/{p}",
        &["name: p, in: path, required: true, schema: {type: string, enum: [a], pattern: b, maxLength: 3}"],
    );
    assert!(!trial.send("GET /hunter2").contains("hunter2"));
}
