//! Blocks that are set, shown and lifted, and whoever may not.

use serde_json::Value;

use super::*;

const JSON: &str = "Content-Type: application/json\r\n";
const ENTRY: &str = r#"{ "principal": "mallory", "reason": "stolen laptop", "by": "ann" }"#;

impl Listening {
    /// Sends a change with these fields to `localhost`.
    async fn change(&self, line: &str, fields: &str, body: &str) -> Answer {
        let bytes = body.len();
        let head = format!("{line} HTTP/1.1\r\nHost: localhost\r\n{fields}Connection: close\r\n");
        self.ask(&format!("{head}Content-Length: {bytes}\r\n\r\n{body}")).await
    }

    async fn sources(&self) -> Vec<String> {
        let page: Value = serde_json::from_str(&self.get("/blocks").await.body).unwrap();
        let blocks = page["blocks"].as_array().unwrap();
        blocks.iter().map(|block| block["source"].as_str().unwrap().to_owned()).collect()
    }

    /// That nothing but the config blocks anybody, here and after a restart.
    async fn check_unchanged(&self) {
        assert_eq!(self.sources().await, ["config"]);
        assert!(self.live.load().all().is_empty());
        assert_eq!(std::fs::read_dir(self.folder.path()).unwrap().count(), 0);
    }
}

#[tokio::test]
async fn a_block_is_set_shown_and_lifted() {
    let listening = listening().await;
    listening.check_unchanged().await;
    let shown = r#"{"principal":"mallory","reason":"stolen laptop","by":"ann","source":"admin","id":1}"#;
    listening.change("POST /blocks", JSON, ENTRY).await.check(201, shown);
    assert_eq!(listening.live.load().all().len(), 1);
    let of_config = r#"{"address":"192.0.2.0/24","reason":"floods","source":"config"}"#;
    let page = format!(r#"{{"schema_version":{},"blocks":[{of_config},{shown}]}}"#, model::SCHEMA_VERSION);
    listening.get("/blocks").await.check(200, &page);
    listening
        .change("DELETE /blocks/2", "", "")
        .await
        .check(404, "no block that was set here has this number\n");
    listening.change("DELETE /blocks/1", "", "").await.check(204, "");
    assert_eq!(listening.sources().await, ["config"]);
    assert!(listening.live.load().all().is_empty());
}

#[tokio::test]
async fn what_is_no_block_changes_nothing() {
    let listening = listening().await;
    let country = r#"{ "country": "KP", "reason": "r" }"#;
    let why = "no database says which addresses are of a country; name one under `geography` of the config\n";
    listening.change("POST /blocks", JSON, country).await.check(400, why);
    let over = r#"{ "client": "shop", "reason": "r", "until": "2001-01-01T00:00:00Z" }"#;
    listening.change("POST /blocks", JSON, over).await.check(400, "`until` is over already\n");
    for body in ["", "{}", r#"{ "client": "shop" }"#, r#"{ "clinet": "shop", "reason": "r" }"#] {
        let answer = listening.change("POST /blocks", JSON, body).await;
        assert!(
            answer.head.starts_with("HTTP/1.1 400 ") && answer.body.starts_with("this is no block: "),
            "{body}"
        );
    }
    let long = format!(r#"{{ "client": "shop", "reason": "{}" }}"#, "r".repeat(17 << 10));
    let answer = listening.change("POST /blocks", JSON, &long).await;
    assert!(answer.head.starts_with("HTTP/1.1 413 "), "{}", answer.head);
    listening.change("PUT /blocks", JSON, ENTRY).await.check(405, "");
    listening.change("POST /blocks/1", JSON, ENTRY).await.check(405, "");
    listening.check_unchanged().await;
}

#[tokio::test]
async fn a_web_page_can_neither_set_nor_lift_nor_ask_whether_it_may() {
    let listening = listening().await;
    // What a browser sends without asking first (WHATWG Fetch, a CORS-safelisted request).
    for content_type in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""] {
        let fields = format!("Content-Type: {content_type}\r\n");
        let answer = listening.change("POST /blocks", &fields, ENTRY).await;
        answer.check(415, "a block is sent as `application/json`\n");
    }
    listening.change("POST /blocks", "", ENTRY).await.check(415, "a block is sent as `application/json`\n");
    for field in ["Origin: null\r\n", "Origin: http://localhost:3000\r\n", "Sec-Fetch-Site: same-origin\r\n"]
    {
        let told = "blocks are not set or lifted by web pages\n";
        listening.change("POST /blocks", &format!("{JSON}{field}"), ENTRY).await.check(403, told);
        listening.change("DELETE /blocks/1", field, "").await.check(403, told);
    }
    let asks = "Origin: http://localhost:3000\r\nAccess-Control-Request-Method: DELETE\r\n";
    listening.change("OPTIONS /blocks/1", asks, "").await.check(405, "");
    // A name that was pointed here.
    let request = "POST /blocks HTTP/1.1\r\nHost: evil.example\r\nContent-Type: application/json\r\n";
    let request = format!("{request}Connection: close\r\nContent-Length: {}\r\n\r\n{ENTRY}", ENTRY.len());
    listening.ask(&request).await.check(421, REFUSED);
    listening.check_unchanged().await;
}
