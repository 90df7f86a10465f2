//! Countries and hosters, by databases of others' making: blocked, let in alone, counted, and known again after a reload.
//!
//! `cargo xtask test` installs the database where there is npm; without it, these tests say so and prove nothing.

use std::path::{Path, PathBuf};

use serde_json::json;

use crate::client::{Client, get};
use crate::gateway::{Gateway, Signal};
use crate::stage::{SPEC, Stage};

/// The database; nothing where it is not installed.
fn database() -> Option<PathBuf> {
    let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
    let folder = target.join("tools/countries/node_modules/@ip-location-db/geo-whois-asn-country-mmdb");
    let file = folder.join("geo-whois-asn-country.mmdb");
    if !file.is_file() {
        println!("skipped: no `{}`", file.display());
    }
    file.is_file().then_some(file)
}

#[test]
fn a_geography_of_nothing_is_a_mistake() {
    let mut stage = Stage::new();
    stage.config["geography"] = json!({});
    stage.write_config();
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("`geography` names no database"), "{said}");
}

/// A stage whose requests are from whom `X-Forwarded-For` says.
fn stage(database: &Path) -> Stage {
    let mut stage = Stage::new();
    stage.config["listen"][0]["proxies"] = json!({ "trusted": ["127.0.0.1"], "client": "x-forwarded-for" });
    stage.config["geography"] = json!({ "database": "countries.mmdb" });
    std::fs::copy(database, stage.path("countries.mmdb")).unwrap();
    stage
}

/// Of the United States, of North Korea, of Germany, and of none.
const US: &str = "8.8.8.8";
const KP: &str = "175.45.176.1";
const DE: &str = "2a02:2e0::1";
const NONE: &str = "10.0.0.1";

/// The statuses of `/status` for each of them.
fn statuses(gateway: &Gateway) -> [u16; 4] {
    [US, KP, DE, NONE].map(|address| gateway.ask(&get("/status", &[("X-Forwarded-For", address)])).status)
}

fn post(gateway: &Gateway, block: &serde_json::Value) -> crate::client::Answer {
    let body = block.to_string();
    let fields = "Host: localhost\r\nContent-Type: application/json";
    let request =
        format!("POST /blocks HTTP/1.1\r\n{fields}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    Client::connect(gateway.admin).ask(request.as_bytes())
}

#[test]
fn a_country_is_blocked_by_the_config_and_over_the_admin_listener() {
    let Some(database) = database() else { return };
    let mut stage = stage(&database);
    stage.config["blocks"] = json!([{ "country": "KP", "reason": "sanctions" }]);
    let gateway = stage.start();
    assert_eq!(statuses(&gateway), [200, 403, 200, 200]);
    assert_eq!(post(&gateway, &json!({ "country": "us", "reason": "r" })).status, 400);
    assert_eq!(post(&gateway, &json!({ "country": "US", "reason": "incident 7" })).status, 201);
    assert_eq!(statuses(&gateway), [403, 403, 200, 200]);
    let answer = gateway.ask(&get("/status", &[("X-Forwarded-For", US)]));
    assert_eq!(answer.problem(), "blocked");
    assert!(!format!("{answer:?}").contains("US"), "{answer:?}");
    let record = stage.record(answer.field("x-request-id").unwrap());
    assert_eq!(record["denial"]["detail"], "the country is blocked: incident 7");
    gateway.stop();
    assert_eq!(statuses(&stage.start()), [403, 403, 200, 200], "after a restart");
    // Whoever was blocked would be let in.
    stage.config["geography"] = json!(null);
    stage.config["blocks"] = json!([]);
    stage.write_config();
    let output = stage.palisade(&["run", "-c", "palisade.yaml"]);
    assert!(!output.status.success());
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains("blocks a country, and the config names no database of countries"), "{said}");
}

#[test]
fn an_api_lets_in_some_countries_alone() {
    let Some(database) = database() else { return };
    let mut stage = stage(&database);
    let countries = |settings| json!({ "block": { "countries": settings } });
    for (settings, expected) in [
        (json!({ "allow": ["DE", "US"] }), [200, 403, 200, 403]),
        (json!({ "allow": ["DE"], "unknown": "allow" }), [403, 403, 200, 200]),
        (json!({ "refuse": ["DE"] }), [200, 200, 403, 200]),
        (json!({ "refuse": ["DE"], "unknown": "refuse" }), [200, 200, 403, 403]),
    ] {
        stage.config["apis"][0]["controls"] = countries(settings);
        assert_eq!(statuses(&stage.start()), expected);
    }
}

#[test]
fn a_database_is_read_anew_when_it_changes_and_a_broken_one_changes_nothing() {
    let Some(database) = database() else { return };
    let mut stage = stage(&database);
    stage.config["blocks"] = json!([{ "country": "KP", "reason": "sanctions" }]);
    let mut gateway = stage.start();
    stage.write("countries.mmdb", SPEC);
    let said = gateway.wait_for("cannot be used as `database`");
    assert!(said.contains("countries.mmdb"), "{said}");
    gateway.wait_for("nothing was changed");
    assert_eq!(statuses(&gateway), [200, 403, 200, 200]);
    std::fs::copy(&database, stage.path("countries.mmdb")).unwrap();
    gateway.wait_for("reloaded");
    // It may not go while a country is blocked.
    assert_eq!(post(&gateway, &json!({ "country": "US", "reason": "r" })).status, 201);
    stage.config["geography"] = json!(null);
    stage.config["blocks"] = json!([]);
    stage.write_config();
    gateway.signal(Signal::HUP);
    gateway.wait_for("no database says which addresses are of it");
    assert_eq!(statuses(&gateway), [403, 403, 200, 200]);
}

#[test]
fn logins_from_all_over_a_hoster_are_one_flood() {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/corpus/geo/GeoLite2-ASN-Test.mmdb");
    if !file.is_file() {
        return println!("skipped: no `{}`", file.display());
    }
    let mut stage = stage(&file);
    stage.config["geography"] = json!({ "autonomous-systems": "countries.mmdb" });
    let limits = json!([{ "key": ["asn"], "rate": "1/h", "burst": 2, "name": "hoster" }]);
    stage.config["apis"][0]["controls"] = json!({ "rate-limit": { "limits": limits } });
    let gateway = stage.start();
    let status = |address| gateway.ask(&get("/status", &[("X-Forwarded-For", address)])).status;
    // Three networks of one provider, and one of another.
    assert_eq!(["1.128.0.1", "1.130.7.9", "1.159.255.1", "12.81.92.1"].map(status), [200, 200, 429, 200]);
    gateway.stop();
    stage.write("countries.mmdb", SPEC);
    let output = stage.palisade(&["check", "-c", "palisade.yaml"]);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(!output.status.success() && said.contains("cannot be used as `autonomous-systems`"), "{said}");
}
