//! What schemas accept, dialect by dialect.

use crate::contract::trial::Trial;

/// `POST /` with this schema, in a document that begins with `openapi: {version}`.
fn schema(version: &str, schema: &str, components: &str) -> Trial {
    Trial::of(&format!(
        "openapi: {version}
info: {{title: t, version: '1'}}
paths:
  /:
    post:
      requestBody: {{required: true, content: {{application/json: {{schema: {schema}}}}}}}
      responses: {{}}
components:
  schemas:
    Any: {{}}
{components}"
    ))
}

#[track_caller]
fn check(version: &str, text: &str, cases: &[(&str, &str)]) {
    let trial = schema(version, text, "");
    assert_eq!(trial.said(), Vec::<String>::new(), "{text}");
    trial.check_bodies(cases);
}

#[test]
fn nullable_adds_null_to_the_declared_type() {
    check(
        "3.0.3",
        "{type: string, nullable: true}",
        &[("null", "ok"), ("\"a\"", "ok"), ("1", "body: must be null or a string, is a number")],
    );
    check("3.1.0", "{type: string, nullable: true}", &[("null", "body: must be a string, is null")]);
    check("3.1.0", "{type: [string, 'null']}", &[("null", "ok"), ("\"a\"", "ok")]);
}

#[test]
fn bounds_are_exclusive_in_either_spelling() {
    check(
        "3.0.0",
        "{type: number, minimum: 1, exclusiveMinimum: true, maximum: 5, exclusiveMaximum: false}",
        &[("1", "body: must be more than 1"), ("1.5", "ok"), ("5", "ok"), ("6", "body: must be at most 5")],
    );
    check("3.1.0", "{exclusiveMinimum: 1}", &[("1", "body: must be more than 1"), ("2", "ok")]);
}

#[test]
fn integer_formats_are_bounds() {
    check(
        "3.0.0",
        "{type: integer, format: int32}",
        &[
            ("2147483647", "ok"),
            ("2147483648", "body: must be at most 2147483647"),
            ("-2147483649", "body: must be at least -2147483648"),
        ],
    );
    check("3.0.0", "{type: integer, format: int32, maximum: 5}", &[("6", "body: must be at most 5")]);
    check("3.0.0", "{type: integer, format: int64}", &[("9223372036854775807", "ok")]);
}

#[test]
fn formats_with_one_meaning_are_asserted() {
    for (format, good, bad) in [
        ("date", "2024-02-29", "2023-02-29"),
        ("date-time", "2024-02-29T10:00:00Z", "2024-02-29 10:00"),
        ("email", "a@example.com", "a"),
        ("hostname", "a.example.com", "-a"),
        ("ipv4", "10.0.0.1", "10.0.0.256"),
        ("ipv6", "::1", "::g"),
        ("uri", "https://example.com/a", "a b"),
        ("uuid", "0f8fad5b-d9cb-469f-a165-70867728950e", "0f8fad5b"),
        ("byte", "aGk=", "aGk"),
    ] {
        let said = format!("body: must be in the format `{format}`");
        let (good, bad) = (format!("\"{good}\""), format!("\"{bad}\""));
        check("3.0.0", &format!("{{type: string, format: {format}}}"), &[(&good, "ok"), (&bad, &said)]);
    }
    check("3.0.0", "{type: string, format: phone}", &[("\"x\"", "ok")]);
}

#[test]
fn what_is_read_only_must_not_be_sent() {
    for version in ["3.0.0", "3.1.0"] {
        check(
            version,
            "{type: object, required: [id, name], properties: {id: {type: integer, readOnly: true}, name: {type: string, writeOnly: true}}}",
            &[
                (r#"{"name":"a"}"#, "ok"),
                (r#"{"name":"a","id":1}"#, "body: `/id` must not be present"),
                (r#"{"id":1}"#, "body: must have the property `name`"),
            ],
        );
    }
    let trial = schema(
        "3.0.0",
        "{allOf: [{$ref: '#/components/schemas/Base'}], required: [id]}",
        "    Base: {type: object, properties: {id: {$ref: '#/components/schemas/Id'}}}\n    Id: {type: string, readOnly: true}",
    );
    trial.check_bodies(&[("{}", "ok"), (r#"{"id":"a"}"#, "body: `/id` must not be present")]);
}

#[test]
fn references_may_be_circular_and_shared() {
    let trial = schema(
        "3.0.0",
        "{$ref: '#/components/schemas/Tree'}",
        "    Tree: {type: object, required: [value], properties: {value: {type: integer}, children: {type: array, items: {$ref: '#/components/schemas/Tree'}}}}",
    );
    assert_eq!(trial.said(), Vec::<String>::new());
    trial.check_bodies(&[
        (r#"{"value":1,"children":[{"value":2,"children":[]}]}"#, "ok"),
        (
            r#"{"value":1,"children":[{"value":2,"children":[{"value":"x"}]}]}"#,
            "body: `/children/0/children/0/value` must be an integer, is a string",
        ),
    ]);
}

#[test]
fn a_reference_that_leads_to_itself_is_an_error_and_accepts_nothing() {
    let trial = schema(
        "3.0.0",
        "{$ref: '#/components/schemas/A'}",
        "    A: {$ref: '#/components/schemas/B'}\n    B: {$ref: '#/components/schemas/A'}",
    );
    assert!(
        trial.said().iter().any(|said| said.starts_with("error") && said.contains("circle")),
        "{:?}",
        trial.said()
    );
    assert_ne!(trial.send("POST /\nContent-Type: application/json\n\n{}"), "ok");
}

#[test]
fn what_stands_beside_a_reference_counts_since_3_1() {
    let components = "    Name: {type: string}";
    let text = "{$ref: '#/components/schemas/Name', maxLength: 1}";
    schema("3.0.0", text, components)
        .check_bodies(&[("\"ab\"", "ok"), ("1", "body: must be a string, is a number")]);
    schema("3.1.0", text, components).check_bodies(&[
        ("\"ab\"", "body: must have at most 1 characters"),
        ("1", "body: must be a string, is a number"),
    ]);
}

#[test]
fn a_broken_reference_is_said_once_and_accepts_nothing() {
    let trial =
        schema("3.0.0", "{type: object, properties: {a: {$ref: '#/nowhere'}, b: {$ref: '#/nowhere'}}}", "");
    let said = trial.said();
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said.iter().all(|said| said.starts_with("error 6: `#/nowhere`")), "{said:?}");
    trial.check_bodies(&[("{}", "ok"), (r#"{"a":1}"#, "body: `/a` must not be present")]);
}

#[test]
fn patterns_beyond_linear_time_are_said_and_not_enforced() {
    let trial = schema("3.0.0", "{type: string, pattern: '^(?=a)b$', maxLength: 3}", "");
    let expected =
        "warning 6: the pattern `^(?=a)b$` cannot be matched in linear time, so it is not enforced";
    assert_eq!(trial.said(), [expected]);
    trial.check_bodies(&[("\"zzz\"", "ok"), ("\"zzzz\"", "body: must have at most 3 characters")]);
    check(
        "3.0.0",
        r"{type: string, pattern: '^\d{2}[A-Z]+$'}",
        &[("\"12AB\"", "ok"), ("\"1AB\"", "body: must match the pattern")],
    );
}

#[test]
fn a_property_pattern_that_is_not_enforced_declares_nothing_away() {
    let text = "{type: object, additionalProperties: false, patternProperties: {'(?=a)': {type: integer}}, properties: {b: {type: integer}}}";
    let trial = schema("3.1.0", text, "");
    assert_eq!(trial.said().len(), 1);
    trial.check_bodies(&[
        (r#"{"a":1}"#, "ok"),
        (r#"{"b":"x"}"#, "body: `/b` must be an integer, is a string"),
    ]);
}

#[test]
fn malformed_keywords_are_said_and_not_enforced() {
    for (text, keyword) in [
        ("{type: strin}", "`type` is one of the seven types of JSON"),
        ("{enum: {}}", "`enum` is a list of values"),
        ("{minLength: -1}", "`minLength` is a number of zero or more"),
        ("{minimum: low}", "`minimum` is a number"),
        ("{required: true}", "`required` is a list of property names"),
        ("{properties: []}", "`properties` is an object of schemas"),
        ("{allOf: {}}", "`allOf` is a list of schemas"),
    ] {
        let trial = schema("3.0.0", text, "");
        assert_eq!(trial.said(), [format!("warning 6: {keyword}; this one is not enforced")], "{text}");
        trial.check_bodies(&[("1", "ok")]);
    }
}

#[test]
fn a_discriminator_leaves_the_choice_to_the_schemas() {
    let components = "    Cat: {type: object, required: [kind, claws], properties: {kind: {enum: [cat]}, claws: {type: integer}}}
    Dog: {type: object, required: [kind], properties: {kind: {enum: [dog]}}}";
    let text = "{oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}], discriminator: {propertyName: kind, mapping: {cat: Cat, dog: '#/components/schemas/Dog', cow: Cow}}}";
    let trial = schema("3.0.0", text, components);
    assert_eq!(trial.said(), ["warning 6: the discriminator maps to `Cow`, which leads nowhere"]);
    trial.check_bodies(&[
        (r#"{"kind":"cat","claws":5}"#, "ok"),
        (r#"{"kind":"dog"}"#, "ok"),
        (r#"{"kind":"cow"}"#, "body: must match one of the alternatives, matches none"),
    ]);
}

#[test]
fn keywords_of_2020_12_work_in_3_1() {
    check(
        "3.1.0",
        "{type: object, properties: {a: {const: 1}}, unevaluatedProperties: false, dependentRequired: {a: [b]}, patternProperties: {'^b': {}}}",
        &[
            (r#"{"a":1,"b":2}"#, "ok"),
            (r#"{"a":1}"#, "body: must have the property `b`"),
            (r#"{"a":2,"b":1}"#, "body: `/a` must be the one value that is allowed"),
            (r#"{"c":2}"#, "body: must have no property that is not declared"),
        ],
    );
    check(
        "3.1.0",
        "{type: array, prefixItems: [{type: integer}], items: false}",
        &[("[1]", "ok"), ("[1,2]", "body: `/1` must not be present")],
    );
    check(
        "3.1.0",
        "{if: {type: integer}, then: {minimum: 5}, else: {type: string}}",
        &[("5", "ok"), ("4", "body: must be at least 5"), ("[]", "body: must be a string, is an array")],
    );
}

#[test]
fn unquoted_scalars_among_strings_are_strings() {
    check(
        "3.0.0",
        "{type: string, enum: [1, yes, true, a]}",
        &[
            ("\"1\"", "ok"),
            ("\"true\"", "ok"),
            ("\"b\"", "body: must be one of [\"1\",\"yes\",\"true\",\"a\"]"),
        ],
    );
}

#[test]
fn bodies_that_are_no_strict_json_are_refused() {
    check(
        "3.0.0",
        "{}",
        &[
            (r#"{"a":1,"a":2}"#, "body: member name that the object already has"),
            ("{", "body: the text ends too early"),
            ("1 2", "body: text after the end of the value"),
        ],
    );
}

#[test]
fn no_message_shows_the_instance() {
    let trial = schema(
        "3.1.0",
        "{type: object, properties: {a: {type: integer}, b: {enum: [x]}, c: {pattern: y}, d: {format: uuid}, e: {const: z}, f: {not: {}}}, additionalProperties: false}",
        "",
    );
    for name in ["a", "b", "c", "d", "e", "f", "g"] {
        let answer =
            trial.send(&format!("POST /\nContent-Type: application/json\n\n{{\"{name}\":\"hunter2\"}}"));
        assert_ne!(answer, "ok");
        assert!(!answer.contains("hunter2"), "{answer}");
    }
}

#[test]
fn deep_schemas_and_deep_bodies_fit_a_stack() {
    let depth = 110;
    let text = format!("{}{{type: integer}}{}", "{type: array, items: ".repeat(depth), "}".repeat(depth));
    let nested = |inner: &str, depth: usize| format!("{}{inner}{}", "[".repeat(depth), "]".repeat(depth));
    let trial = schema("3.0.0", &text, "");
    assert_eq!(trial.said(), Vec::<String>::new());
    trial.check_bodies(&[
        (&nested("", 64), "ok"),
        (&nested("", 65), "body: arrays and objects are nested too deep"),
    ]);
    let circular = schema(
        "3.0.0",
        "{$ref: '#/components/schemas/L'}",
        "    L: {oneOf: [{type: integer}, {type: array, items: {$ref: '#/components/schemas/L'}}]}",
    );
    circular.check_bodies(&[
        (&nested("1", 64), "ok"),
        (&nested("{}", 63), "body: must match one of the alternatives, matches none"),
    ]);
}

#[test]
fn schemas_composed_of_each_other_many_times_over_compile_at_once() {
    let level = |level: usize| {
        let branches = vec![format!("{{$ref: '#/components/schemas/L{}'}}", level + 1); 20];
        format!("    L{level}: {{allOf: [{}]}}\n", branches.join(", "))
    };
    let components: String = (0..12).map(level).collect();
    let trial = schema(
        "3.0.0",
        "{$ref: '#/components/schemas/L0'}",
        &format!("{components}    L12: {{type: integer}}"),
    );
    assert_eq!(trial.said(), Vec::<String>::new());
}

#[test]
fn a_pointer_holds_names_that_the_schema_declares_and_no_other() {
    let components = "    Item:
      type: object
      properties: { a/b: { type: integer }, list: { type: array, items: { $ref: '#/components/schemas/Item' } } }
      patternProperties: { '^x-': { type: integer } }
      additionalProperties: { type: object, properties: { n: { type: integer } } }
    Composed: { allOf: [{ $ref: '#/components/schemas/Item' }] }
";
    let wrong = "must be an integer, is a string";
    for version in ["3.0.3", "3.1.0"] {
        let trial = schema(version, "{$ref: '#/components/schemas/Composed'}", components);
        assert_eq!(trial.said(), Vec::<String>::new());
        trial.check_bodies(&[
            (r#"{"a/b":"x"}"#, &format!("body: `/a~1b` {wrong}")),
            (r#"{"list":[{},{"a/b":"x"}]}"#, &format!("body: `/list/1/a~1b` {wrong}")),
            (r#"{"x-canary":"x"}"#, &format!("body: `/*` {wrong}")),
            (r#"{"canary":{"n":"x"}}"#, &format!("body: `/*/n` {wrong}")),
            (r#"{"4111111111111111":{"n":"x"}}"#, &format!("body: `/*/n` {wrong}")),
            (r#"{"":{"n":"x"}}"#, &format!("body: `/*/n` {wrong}")),
        ]);
    }
}

#[test]
fn what_stands_beside_a_reference_counts_along_a_whole_chain() {
    let components = "    One: {$ref: '#/components/schemas/Two', maxLength: 3}
    Two: {$ref: '#/components/schemas/Three', minLength: 2}
    Three: {type: string}";
    let trial = schema("3.1.0", "{$ref: '#/components/schemas/One'}", components);
    assert_eq!(trial.said(), Vec::<String>::new());
    trial.check_bodies(&[
        ("\"abc\"", "ok"),
        ("\"abcd\"", "body: must have at most 3 characters"),
        ("\"a\"", "body: must have at least 2 characters"),
        ("1", "body: must be a string, is a number"),
    ]);
}

#[test]
fn references_are_read_against_the_nearest_id_and_else_as_they_were_meant() {
    let components = "    Order:
      $id: https://api.example/order
      properties: {own: {$ref: '#/$defs/own'}, item: {$ref: item}, of_root: {$ref: '#/components/schemas/Flag'}}
      $defs: {own: {type: integer}}
    Item: {$id: 'https://api.example/item', type: string}
    Flag: {type: boolean}";
    let trial = schema("3.1.0", "{$ref: '#/components/schemas/Order'}", components);
    assert_eq!(trial.said(), Vec::<String>::new());
    trial.check_bodies(&[
        ("{\"own\": 1, \"item\": \"a\", \"of_root\": true}", "ok"),
        ("{\"own\": \"a\"}", "body: `/own` must be an integer, is a string"),
        ("{\"item\": 1}", "body: `/item` must be a string, is a number"),
        ("{\"of_root\": 1}", "body: `/of_root` must be a boolean, is a number"),
    ]);
    // `$id` is no word of 3.0: there the reference leads to a file that is not there.
    let old = schema("3.0.3", "{$ref: '#/components/schemas/Order'}", components);
    assert!(old.said().iter().any(|said| said.contains("`item` is not loaded")), "{:?}", old.said());
}

#[test]
fn a_dynamic_reference_takes_the_outermost_anchor_on_the_way_to_it() {
    let components = "    Tree:
      $id: https://api.example/tree
      $dynamicAnchor: node
      properties: {child: {$dynamicRef: '#node'}, data: true}
    Strict:
      $id: https://api.example/strict
      $dynamicAnchor: node
      $ref: tree
      unevaluatedProperties: false";
    let deep = "{\"child\": {\"daat\": 1}}";
    let strict = schema("3.1.0", "{$ref: '#/components/schemas/Strict'}", components);
    assert_eq!(strict.said(), Vec::<String>::new());
    strict.check_bodies(&[
        ("{\"child\": {\"data\": 1}}", "ok"),
        (deep, "body: `/child` must have no property that is not declared"),
    ]);
    schema("3.1.0", "{$ref: '#/components/schemas/Tree'}", components).check_bodies(&[(deep, "ok")]);
}

#[test]
fn a_schema_that_leads_to_itself_ends() {
    // What its circle says beside itself still counts, as it does where types inherit and list their heirs.
    let components = "    All: {type: integer, allOf: [{$ref: '#/components/schemas/All'}]}
    Ping: {type: integer, anyOf: [{$ref: '#/components/schemas/Pong'}]}
    Pong: {allOf: [{$ref: '#/components/schemas/Ping'}]}
    Own: {$dynamicAnchor: own, type: integer, $dynamicRef: '#own'}";
    for name in ["All", "Ping", "Own"] {
        let text = format!("{{$ref: '#/components/schemas/{name}'}}");
        let trial = schema("3.1.0", &text, components);
        assert_eq!(trial.said(), Vec::<String>::new());
        trial.check_bodies(&[("1", "ok"), ("true", "body: must be an integer, is a boolean")]);
    }
}

#[test]
fn a_dialect_says_whether_formats_count() {
    let plain = "{$schema: 'https://json-schema.org/draft/2020-12/schema', format: date}";
    let trial = schema("3.1.0", plain, "");
    assert_eq!(trial.said().len(), 1, "{:?}", trial.said());
    assert!(trial.said()[0].starts_with("warning") && trial.said()[0].contains("not enforced"));
    trial.check_bodies(&[("\"a\"", "ok")]);
    let own = "{$schema: 'https://spec.openapis.org/oas/3.1/dialect/base', format: date}";
    check("3.1.0", own, &[("\"a\"", "body: must be in the format `date`")]);
}

#[test]
fn dynamic_anchors_in_ever_other_sets_are_refused_and_cost_a_bounded_time() {
    let mut components = String::new();
    for number in 0..300 {
        let targets: Vec<String> =
            (0..10).map(|other| format!("p{other}: {{$ref: s{}}}", (number * 7 + other) % 300)).collect();
        components.push_str(&format!(
            "    S{number}: {{$id: 'https://x.example/s{number}', $dynamicAnchor: a{}, properties: {{{}}}}}\n",
            number % 100,
            targets.join(", ")
        ));
    }
    let trial = schema("3.1.0", "{$ref: '#/components/schemas/S0'}", &components);
    assert!(trial.said().iter().any(|said| said.contains("too many sets of dynamic anchors")));
}
