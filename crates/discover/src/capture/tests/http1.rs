//! Messages of HTTP/1, as clients and servers write them.

use super::tape::{Client, Server, Side, Talk, told};

fn check(said: &[(Side, &str)], expected: &[&str]) {
    for segment_bytes in [1, 7, 1000] {
        let mut talk = Talk::new();
        talk.segment_bytes = segment_bytes;
        for (side, text) in said {
            talk.say(*side, text);
        }
        talk.close(Client).close(Server);
        let lines = told(&talk.packets);
        let without_number =
            |line: &String| line.split_once(": ").map_or(line.clone(), |(_, rest)| rest.to_owned());
        assert_eq!(lines.iter().map(without_number).collect::<Vec<_>>(), expected, "{segment_bytes}");
    }
}

#[test]
fn requests_have_the_answers_that_belong_to_them() {
    check(
        &[
            (
                Client,
                "POST /a?b=c HTTP/1.1\r\nHost: Shop.example:80\r\nContent-Length: 3\r\nContent-Type: text/plain\r\n\r\nabc",
            ),
            (Server, "HTTP/1.1 201 Created\r\nContent-Type: application/json\r\ncontent-length: 2\r\n\r\n{}"),
            (Client, "HEAD /b HTTP/1.1\nhost: x\nAuthorization: Basic YTpi\n\n"),
            (Server, "HTTP/1.1 200 OK\nContent-Length: 5\n\n"),
            (Client, "GET /c HTTP/1.1\r\n\r\n"),
            (Server, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
            (Client, "GET http://other.example/d HTTP/1.0\r\nCookie:\r\n a=b\r\n\r\n"),
            (Server, "HTTP/1.0 200\r\n\r\nuntil it closes"),
        ],
        &[
            "method=POST host=shop.example path=/a query=b=c protocol=HTTP/1.1 status=201 bytes=2 request_bytes=3 request_type=text/plain answer_type=application/json shows=none",
            "method=HEAD host=x path=/b protocol=HTTP/1.1 status=200 bytes=0 request_bytes=0 shows=basic",
            "method=GET path=/c protocol=HTTP/1.1 status=304 bytes=0 request_bytes=0 shows=none",
            "method=GET host=other.example path=/d protocol=HTTP/1.0 status=200 bytes=15 request_bytes=0 shows=cookie",
        ],
    );
}

#[test]
fn requests_may_come_before_the_answers() {
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\n\r\n");
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n";
    let line = |path: &str, status: u16, bytes: u64| {
        format!(
            "method=GET path={path} protocol=HTTP/1.1 status={status} bytes={bytes} request_bytes=0 shows=none"
        )
    };
    let asked = [get("/1"), get("/2"), get("/3")].concat();
    let answered =
        [chunked, "HTTP/1.1 404 No\r\nContent-Length: 1\r\n\r\nx", "HTTP/1.1 204 No\r\n\r\n"].concat();
    let expected = [line("/1", 200, 13), line("/2", 404, 1), line("/3", 204, 0)];
    let expected: Vec<&str> = expected.iter().map(String::as_str).collect();
    check(&[(Client, &asked), (Server, &answered)], &expected);
}

#[test]
fn an_answer_may_come_before_the_body() {
    check(
        &[
            (Client, "PUT /a HTTP/1.1\r\nExpect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n"),
            (Server, "HTTP/1.1 100 Continue\r\n\r\n"),
            (Client, "2\r\nab\r\n0\r\n\r\n"),
            (Server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            (Client, "PUT /b HTTP/1.1\r\nContent-Length: 4\r\n\r\n"),
            (Server, "HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"),
            (Client, "1234"),
        ],
        &[
            "method=PUT path=/a protocol=HTTP/1.1 status=200 bytes=0 request_bytes=2 shows=none",
            "method=PUT path=/b protocol=HTTP/1.1 status=413 bytes=0 request_bytes=4 shows=none",
        ],
    );
}

#[test]
fn what_a_connection_goes_over_to_is_looked_into_where_it_is_http() {
    check(
        &[
            (Client, "CONNECT shop.example:80 HTTP/1.1\r\n\r\n"),
            (Server, "HTTP/1.1 200 Established\r\n\r\n"),
            (Client, "GET /within HTTP/1.1\r\n\r\n"),
            (Server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"),
            (Client, "GET /socket HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"),
            (
                Server,
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n\u{1}GET / HTTP/1.1\r\n\r\n",
            ),
            (Client, "GET /no-request HTTP/1.1\r\n\r\n"),
        ],
        &[
            "method=CONNECT protocol=HTTP/1.1 status=200 bytes=0 request_bytes=0 shows=none",
            "method=GET path=/within protocol=HTTP/1.1 status=200 bytes=0 request_bytes=0 shows=none",
            "method=GET path=/socket protocol=HTTP/1.1 status=101 request_bytes=0 shows=none",
        ],
    );
}

#[test]
fn what_is_no_http_tells_nothing() {
    check(
        &[(Server, "220 mail.example\r\n"), (Client, "HELO x\r\n"), (Server, "250 ok\r\n")],
        &["nothing", "nothing"],
    );
    check(&[(Client, "SSH-2.0-x\r\n"), (Server, "SSH-2.0-y\r\n")], &[]);
    check(
        &[(Client, "GET /old\r\n"), (Server, "<html>")],
        &["method=GET path=/old bytes=6 request_bytes=0 shows=none"],
    );
}

#[test]
fn heads_have_a_limit() {
    let long = format!("GET /a HTTP/1.1\r\nX: {}\r\n\r\n", "x".repeat(1 << 17));
    let mut talk = Talk::new();
    talk.say(Client, long).say(Client, "GET /b HTTP/1.1\r\n\r\n");
    assert_eq!(told(&talk.packets), ["136: method=GET path=/b protocol=HTTP/1.1 request_bytes=0 shows=none"]);
}
