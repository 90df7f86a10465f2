//! Credentials are told from what looks like them: lines of both, written for this, with what is to be found in each.

use super::*;

/// Lines with a credential: file, class, line.
const TRUE: &[(&str, &str, &str)] = &[
    ("app.py", "assigned-secret", r#"API_KEY = "Zk3vQ9xL2mN8pR4tW7yB""#),
    ("app.js", "assigned-secret", r#"const client = { clientSecret: 'q7Rt2Zp9Lk4Xv8Nm1Bc6' };"#),
    ("Main.java", "assigned-secret", r#"private static final String PASSWORD = "Tr0ub4dor&3";"#),
    ("main.go", "assigned-secret", r#"authToken := "9f8e7d6c5b4a39281706f5e4d3c2b1a0""#),
    (".env", "assigned-secret", "SECRET_KEY=k2J9fQ7xT4mZ8wP1vR6y"),
    ("config.yml", "assigned-secret", "  password: s3cr!t-Pa55"),
    ("settings.ini", "assigned-secret", "access_token = A7d9K2m4P6s8V1x3Z5b7"),
    ("app.rb", "connection-string", r#"url = "postgres://orders:h7Kq92xLm@db.shop.internal:5432/orders""#),
    ("app.cs", "connection-string", r#""Server=db1;Database=orders;User Id=app;Password=Lk8vQ2xZ;""#),
    ("aws.py", "cloud-key", r#"key = "AKIAQ7RT2ZP9LK4XV8NM""#),
    ("ci.yml", "code-key", "token: ghp_Zk3vQ9xL2mN8pR4tW7yBc5dF1gH6jK0sA3eX"),
    ("README.md", "code-key", "export GITHUB_TOKEN=ghp_Zk3vQ9xL2mN8pR4tW7yBc5dF1gH6jK0sA3eX"),
    (
        "a.ts",
        "jwt",
        r#"const t = "eyJhbGciOiJFZERTQSIsImtpZCI6ImsxIn0.eyJzdWIiOiJhZGEiLCJleHAiOjE3NjQwMDAwMDB9.c2lnbmF0dXJlLXNpZ25hdHVyZS1zaWduYXR1cmU";"#,
    ),
];

/// Lines without one: file and line.
const FALSE: &[(&str, &str)] = &[
    ("app.py", r#"API_KEY = os.environ["API_KEY_2024_PRODUCTION"]"#),
    ("app.py", "password = get_password_from_vault2(user)"),
    ("app.js", r#"apiKey: process.env.ORDERS_API_KEY_V2,"#),
    ("config.yml", "api_key: ${ORDERS_API_KEY}"),
    ("config.yml", "password: changeme"),
    ("config.yml", "password: {{ .Values.password }}"),
    ("values.yaml", "secretName: shop-tls-2024-certificate"),
    (".env", "API_KEY=your-api-key-goes-here-1234"),
    (".env", "API_KEY=xxxxxxxxxxxxxxxxxxxx1"),
    ("aws.py", r#"key = "AKIAIOSFODNN7EXAMPLE""#),
    ("form.tsx", r#"<input type="password" name="password" placeholder="Password123">"#),
    ("i18n.json", r#"{"password": "Password", "token": "Access token 2 of 3"}"#),
    ("events.ts", r#"const key = "orders.v1.created.event.2024";"#),
    ("routes.ts", r#"const resetPassword = "/auth/reset-password/v2";"#),
    ("main.rs", "let token = tokens2.next_token_of_kind(Kind::A1);"),
    ("main.go", "token := strings2.TrimPrefix(header1, bearer)"),
    ("Token.java", "private final String accessToken2AndRefreshToken;"),
    ("compose.yml", "DATABASE_URL: postgres://postgres:postgres@db:5432/app"),
    ("app.py", r#"url = "postgres://app:h7Kq92xLm@localhost:5432/app""#),
    ("a.py", r#"PASSWORD_HINT = "aaaa""#),
    ("a.sql", "-- password: must have at least 8 characters"),
    ("app.ts", r#"const passwordSelector = "input-password-field-2";"#),
];

fn found(name: &str, line: &str) -> SecretFindings {
    let mut findings = SecretFindings::default();
    find(name, &format!("# first\n{line}\n"), &mut findings);
    findings
}

#[test]
fn credentials_are_found_and_what_looks_like_them_is_not() {
    let mut wrong = String::new();
    for (name, class, line) in TRUE {
        let secrets = found(name, line).secrets;
        match &secrets[..] {
            [one] if one.class == *class && one.line == 2 && !one.is_in_test => {}
            other => wrong += &format!("missed: {name}: {line}: {other:?}\n"),
        }
    }
    for (name, line) in FALSE {
        let secrets = found(name, line).secrets;
        if !secrets.is_empty() {
            wrong += &format!("wrong: {name}: {line}: {secrets:?}\n");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn nothing_of_a_value_is_told_but_how_its_kind_begins() {
    for (name, _, line) in TRUE {
        let told = format!("{:?}", found(name, line).secrets);
        let values = line.split(['"', '\'', '=', ' ', ';']).filter(|value| value.len() > 8);
        for value in values.filter(|value| value.bytes().any(|byte| byte.is_ascii_digit())) {
            assert!(!told.contains(value), "{value}: {told}");
            let half = value.get(value.len() / 2..).unwrap();
            assert!(!told.contains(half), "{half}: {told}");
        }
    }
}

#[test]
fn a_place_is_a_line_and_a_character_and_a_name() {
    let findings = found("a.py", "  ü = { 'api_key': \"Zk3vQ9xL2mN8pR4tW7yB\" }");
    let one = &findings.secrets[0];
    assert_eq!((one.line, one.column, one.name.as_deref()), (2, 21, Some("api_key")));
    assert_eq!(one.masked, "… (20 characters)");
}

#[test]
fn a_name_that_may_be_a_part_of_a_value_is_not_told() {
    let key = "AKIAQ7RT2ZP9LK4XV8NM";
    for (line, expected) in [
        (format!("Zk3vQ9xL2mN8pR4tW7yB {key}"), None),
        (format!("Zk3vQ9xL2mN8pR4tW7yB={key}"), None),
        (format!("correct horse battery: {key}"), Some("battery")),
        (format!("aws_key_2 = {key}"), Some("aws_key_2")),
    ] {
        assert_eq!(found("a.yml", &line).secrets.last().unwrap().name.as_deref(), expected, "{line}");
    }
}

#[test]
fn what_is_made_up_for_tests_is_told_apart_unless_its_format_says_what_it_is() {
    let password = r#"password = "Tr0ub4dor&3""#;
    assert!(found("tests/login.py", password).secrets[0].is_in_test);
    for name in ["docs/setup.py", "src/orders/tests.rs", "fuzz/seeds/a.py"] {
        assert!(found(name, password).secrets[0].is_in_test, "{name}");
    }
    assert!(!found("src/login.py", password).secrets[0].is_in_test);
    assert!(!found("tests/aws.py", r#"key = "AKIAQ7RT2ZP9LK4XV8NM""#).secrets[0].is_in_test);
    assert_eq!(found(".env", "API_KEY=a1b2-example-key-9z8y7x").placeholders, 1);
}

proptest::proptest! {
    /// A key of letters and digits is found whatever it is, where its name says that it is one; and where a variable stands
    /// in its place, nothing is.
    #[test]
    fn random_keys_are_found_by_their_names(key in "[A-HJ-NP-Z2-9]{6}[a-hj-km-np-z]{10}[2-9][A-HJ-NP-Z2-9]{8}") {
        let secrets = found("a.py", &format!("service_api_key = \"{key}\"")).secrets;
        let is_varied = key.bytes().collect::<std::collections::BTreeSet<_>>().len() >= 16;
        proptest::prop_assume!(is_varied);
        proptest::prop_assert_eq!(secrets.len(), 1);
        let told = format!("{secrets:?}");
        proptest::prop_assert!(!told.contains(&key));
        let variable = format!("service_api_key: ${{{key}}}");
        proptest::prop_assert!(found("a.yml", &variable).secrets.is_empty());
    }

    /// Any text is looked through without harm.
    #[test]
    fn any_text_is_looked_through(text in "(.|\n|password=|key: |\"|://|@){0,200}") {
        let findings = found("a.conf", &text);
        proptest::prop_assert!(findings.secrets.iter().all(|one| one.line >= 2));
    }
}
