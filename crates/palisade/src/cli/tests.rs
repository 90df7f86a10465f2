//! Command lines, and what is understood of them.

use clap::CommandFactory;
use clap::error::ErrorKind;
use model::Mode;

use super::*;

fn parse(line: &str) -> Result<Command, clap::Error> {
    Cli::try_parse_from(line.split(' ')).map(|cli| cli.command)
}

fn check_refused(line: &str, kind: ErrorKind, says: &str) {
    let error = parse(line).unwrap_err();
    assert_eq!(error.kind(), kind, "{line}: {error}");
    let text = error.to_string();
    assert!(text.contains(says), "{line}: {text}");
    assert_eq!(error.exit_code(), 2, "{line}");
}

#[test]
fn the_tree_is_consistent_and_every_flag_is_explained() {
    Cli::command().debug_assert();
    for command in Cli::command().get_subcommands() {
        assert!(command.get_about().is_some(), "{}", command.get_name());
        for argument in command.get_arguments() {
            assert!(argument.get_help().is_some(), "{} {}", command.get_name(), argument.get_id());
        }
        let help = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        assert!(command.is_hide_set() || help.starts_with("Examples:"), "{}", command.get_name());
    }
}

#[test]
fn a_specification_and_a_backend_are_enough_to_run() {
    let Command::Run(run) = parse("palisade run --spec api.yaml --upstream http://127.0.0.1:9000").unwrap()
    else {
        panic!("not run")
    };
    assert_eq!(run.source.spec, Some(PathBuf::from("api.yaml")));
    assert_eq!(run.upstream.as_deref(), Some("http://127.0.0.1:9000"));
    assert!(run.source.config.is_none() && run.listen.is_empty() && run.source.issuer.is_none());
}

#[test]
fn every_flag_of_run_is_read() {
    let line = "palisade run --spec a.yaml --upstream http://b --listen 127.0.0.1:0 --listen [::1]:0 \
                --admin 127.0.0.1:1 --data d --workers 2 --issuer https://i --audience a --audience b \
                --jwks https://i/keys --overlay o.yaml --overlay p.yaml --control jwt=shadow --control cors=off";
    let Command::Run(run) = parse(line).unwrap() else { panic!("not run") };
    assert_eq!((run.listen.len(), run.workers), (2, Some(2)));
    assert_eq!(run.data, Some(PathBuf::from("d")));
    assert_eq!(run.source.audience, ["a", "b"]);
    assert_eq!(run.source.overlay, [PathBuf::from("o.yaml"), PathBuf::from("p.yaml")]);
    assert!(matches!(&run.source.jwks, Some(KeySource::Url(url)) if url == "https://i/keys"));
    let shadow = ControlMode { id: "jwt", mode: Mode::Shadow };
    assert_eq!(run.source.control, [shadow, ControlMode { id: "cors", mode: Mode::Off }]);
}

#[test]
fn a_config_file_says_the_rest_itself() {
    for flag in
        ["--upstream http://b", "--overlay o", "--issuer i --audience a", "--control jwt=off", "--spec a"]
    {
        check_refused(&format!("palisade run -c p.yaml {flag}"), ErrorKind::ArgumentConflict, "--config");
    }
    assert!(
        parse("palisade run -c p.yaml --listen 127.0.0.1:0 --admin 127.0.0.1:0 --data d --workers 1").is_ok()
    );
}

#[test]
fn what_is_missing_is_named() {
    check_refused("palisade run", ErrorKind::MissingRequiredArgument, "--spec <FILE>");
    check_refused("palisade check", ErrorKind::MissingRequiredArgument, "--config <FILE>");
    check_refused("palisade run --spec a", ErrorKind::MissingRequiredArgument, "--upstream");
    check_refused("palisade check --spec a --issuer i", ErrorKind::MissingRequiredArgument, "--audience");
    check_refused("palisade check --spec a --jwks k", ErrorKind::MissingRequiredArgument, "--issuer");
}

#[test]
fn a_wrong_value_is_answered_with_what_would_be_right() {
    let value = ErrorKind::ValueValidation;
    check_refused("palisade check --spec a --control jwt", value, "`jwt=shadow`");
    check_refused("palisade check --spec a --control jwt=on", value, "`enforce`, `shadow` or `off`");
    check_refused(
        "palisade check --spec a --control jvt=off",
        value,
        "jwt, leak, lifecycle, mtls, object, object-access, phantom-token, protocol, rate-limit",
    );
    check_refused("palisade run --spec a --upstream u --workers 0", value, "1..");
    check_refused("palisade check --spec a --issuer i --audience a --jwks ftp://k", value, "http: or https:");
}

#[test]
fn a_request_to_explain_has_headers_and_a_body_from_three_places() {
    let bodies = [
        ("{}", BodyText::Text("{}".to_owned())),
        ("-", BodyText::Stdin),
        ("@-", BodyText::Stdin),
        ("@b.json", BodyText::File(PathBuf::from("b.json"))),
        ("", BodyText::Text(String::new())),
    ];
    for (argument, expected) in bodies {
        let line =
            ["palisade", "explain", "POST", "/orders?a=1", "-H", "X-A:  b:c ", "-d", argument, "-c", "p"];
        let Command::Explain(explain) = Cli::try_parse_from(line).unwrap().command else {
            panic!("not explain")
        };
        assert_eq!((&explain.method, explain.url.path()), (&http::Method::POST, "/orders"));
        assert_eq!(explain.headers.len(), 1);
        assert_eq!(
            (explain.headers[0].name.as_str(), explain.headers[0].value.as_bytes()),
            ("x-a", &b"b:c"[..])
        );
        assert_eq!(explain.data, Some(expected));
        assert_eq!(explain.ip, IpAddr::from([127, 0, 0, 1]));
    }
}

#[test]
fn a_credential_on_the_command_line_is_never_printed() {
    let line =
        ["palisade", "explain", "GET", "/", "-H", "Authorization: Bearer canary", "-d", "canary", "-c", "p"];
    let command = Cli::try_parse_from(line).unwrap().command;
    assert!(!format!("{command:?}").contains("canary"));
}
