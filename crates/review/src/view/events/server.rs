//! Servers of AsyncAPI: where they are, whether the way there is encrypted, and what they ask for.

use spec::{Format, Spot};

use super::super::{Security, View};
use super::SERVERS_MAX;
use crate::words;

/// A broker, or a server that is spoken to without one.
#[derive(Debug)]
pub(crate) struct Server<'l> {
    pub(crate) name: &'l str,
    pub(crate) spot: Spot<'l>,
    /// Its `url`, of 3.x its `host`.
    pub(crate) address: Option<Spot<'l>>,
    /// Its address with the protocol before it and variables replaced by their defaults; empty where nothing is said.
    pub(crate) url: String,
    /// The host with variables replaced by their defaults, without a port; empty where nothing is said.
    pub(crate) host: String,
    /// In lower case.
    pub(crate) protocol: String,
    pub(crate) transport: Transport,
    pub(crate) security: Security<'l>,
}

/// Whether others on the way can read and change what is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Encrypted,
    Plain,
    /// The document does not say.
    Unknown,
}

/// Protocols without TLS, or that are only encrypted where a port or a setting says so.
const PLAIN: &[&str] = &[
    "amqp", "amqp1", "http", "kafka", "mqtt", "mqtt3", "mqtt5", "nats", "pulsar", "redis", "sse", "stomp",
    "tcp", "ws",
];

/// Protocols over TLS.
const ENCRYPTED: &[&str] = &[
    "amqps",
    "anypointmq",
    "googlepubsub",
    "https",
    "mqtts",
    "rediss",
    "sns",
    "sqs",
    "stomps",
    "tcps",
    "wss",
];

/// Ports of protocols on which TLS is what answers: those of IANA, and those of Kafka's services.
const ENCRYPTED_PORTS: &[(&str, &[&str])] = &[
    ("amqp", &["5671", "443"]),
    ("amqp1", &["5671", "443"]),
    ("http", &["443"]),
    ("kafka", &["9093", "9094", "9096", "9098", "443"]),
    ("mqtt", &["8883", "8884", "443"]),
    ("mqtt5", &["8883", "8884", "443"]),
    ("pulsar", &["6651"]),
    ("redis", &["6380"]),
    ("stomp", &["61614", "61612"]),
    ("ws", &["443"]),
];

/// Services that answer in TLS alone, whatever the port.
const ENCRYPTED_HOSTS: &[&str] =
    &[".aivencloud.com", ".azure-devices.net", ".confluent.cloud", ".servicebus.windows.net"];

impl Server<'_> {
    /// What is spoken, whichever way it is written and whether or not it is encrypted: `mqtts` and `secure-mqtt` are `mqtt`.
    pub(crate) fn language(&self) -> &str {
        let plain = self.protocol.trim_start_matches("secure-").trim_end_matches("-secure");
        match plain {
            "amqps" => "amqp",
            "https" => "http",
            "mqtts" | "mqtt3" | "mqtt5" => "mqtt",
            "rediss" => "redis",
            "stomps" => "stomp",
            "tcps" => "tcp",
            "wss" => "ws",
            other => other,
        }
    }

    /// Whether whoever connects reaches every channel, and not only what one application serves.
    pub(crate) fn is_broker(&self) -> bool {
        let direct = ["http", "https", "ws", "wss", "sse", "mercure"];
        !direct.contains(&self.protocol.as_str())
    }

    pub(crate) fn is_loopback(&self) -> bool {
        words::is_loopback(&self.host)
    }
}

impl<'l> View<'l> {
    pub(super) fn read_servers(&mut self) {
        let declared = self.declared_members("servers", SERVERS_MAX);
        self.events.own_servers = self.root.members_of("servers").count();
        for (name, spot) in declared {
            if self.events.server_at.contains_key(&spot.key()) {
                continue;
            }
            let server = self.server(name, spot);
            self.events.server_at.insert(spot.key(), self.events.servers.len());
            self.events.servers.push(server);
        }
        self.events.own_servers = self.events.own_servers.min(self.events.servers.len());
        if self.events.servers.is_empty() {
            let message = "the document names no server, so who may connect, and how, is not known";
            self.gap(self.root, message.to_owned());
        }
    }

    /// Places of the servers that a channel names, else of all of the document.
    pub(super) fn servers_of_channel(&self, channel: Spot<'l>) -> Vec<usize> {
        let listed: Vec<Spot<'l>> = channel.items_of("servers").collect();
        if listed.is_empty() {
            return (0..self.events.own_servers).collect();
        }
        let named = listed.into_iter().filter_map(|listed| match listed.node.as_str() {
            Some(name) => self.events.servers.iter().position(|server| server.name == name),
            None => self.events.server_at.get(&self.follow(listed)?.key()).copied(),
        });
        named.collect()
    }

    fn server(&mut self, name: &'l str, spot: Spot<'l>) -> Server<'l> {
        let security = self.security_of_events(spot);
        let address = spot.get("url").or_else(|| spot.get("host"));
        let text = address.and_then(|address| address.node.as_str()).unwrap_or_default();
        let text = self.with_defaults(spot, text);
        let protocol = spot.text("protocol").unwrap_or_default().trim().to_ascii_lowercase();
        let transport = self.transport(spot, &text, &protocol, &security);
        if transport == Transport::Unknown {
            let message = match protocol.is_empty() {
                true => "the server names no protocol".to_owned(),
                false => format!("whether `{protocol}` is encrypted is not known"),
            };
            self.gap(spot.get("protocol").unwrap_or(spot), message);
        }
        let host = words::host_of(&text).or_else(|| words::host_of_authority(&text)).unwrap_or_default();
        let host = host.to_owned();
        let url = url(spot, &text, &protocol);
        Server { name, spot, address, url, host, protocol, transport, security }
    }

    /// `text` with its variables replaced by their defaults, or by the first of their values.
    fn with_defaults(&self, server: Spot<'l>, text: &str) -> String {
        let mut text = text.to_owned();
        for (name, variable) in server.members_of("variables") {
            let Some(variable) = self.follow(variable) else { continue };
            let default = variable.get("default").and_then(|value| value.node.scalar());
            let first = || variable.items_of("enum").find_map(|value| value.node.scalar());
            if let Some(value) = default.or_else(first) {
                text = text.replace(&format!("{{{name}}}"), value);
            }
        }
        text
    }

    fn transport(&self, server: Spot<'l>, url: &str, protocol: &str, security: &Security<'l>) -> Transport {
        let scheme = url.split_once("://").map(|(scheme, _)| scheme.to_ascii_lowercase());
        let by_scheme = scheme.as_deref().map_or(Transport::Unknown, by_name);
        let said = if by_scheme == Transport::Unknown { by_name(protocol) } else { by_scheme };
        if said == Transport::Encrypted {
            return said;
        }
        let authority =
            url.split_once("://").map_or(url, |(_, rest)| rest).split('/').next().unwrap_or_default();
        let port = authority.rsplit_once(':').map_or("", |(_, port)| port);
        let host = words::host_of_authority(authority).unwrap_or_default().to_ascii_lowercase();
        let by_host = ENCRYPTED_HOSTS.iter().any(|end| host.ends_with(end));
        let known = ENCRYPTED_PORTS.iter().find(|(name, _)| *name == protocol);
        let by_port = known.is_some_and(|(_, ports)| ports.contains(&port));
        // Certificates of clients are shown inside TLS and nowhere else.
        let mut schemes = security.needs().filter_map(|need| self.scheme_of(need)).map(|scheme| scheme.spot);
        let by_scheme = schemes.any(|scheme| scheme.text("type") == Some("X509") || sets_tls(scheme));
        if by_host || by_port || by_scheme || sets_tls(server) { Transport::Encrypted } else { said }
    }
}

fn url(server: Spot<'_>, address: &str, protocol: &str) -> String {
    if address.is_empty() || address.contains("://") {
        return address.to_owned();
    }
    format!("{protocol}://{address}{}", server.text("pathname").unwrap_or_default())
}

fn by_name(protocol: &str) -> Transport {
    let says = |word: &str| protocol.contains(word);
    if ENCRYPTED.contains(&protocol) || says("secure") || says("ssl") || says("tls") {
        Transport::Encrypted
    } else if PLAIN.contains(&protocol) {
        Transport::Plain
    } else {
        Transport::Unknown
    }
}

/// Whether an extension or a binding of `holder` asks for TLS, as `x-security.protocol: SASL_SSL` does.
fn sets_tls(holder: Spot<'_>) -> bool {
    let bindings = holder.members_of("bindings").flat_map(|(_, binding)| binding.members());
    let own = holder.members().filter(|(key, _)| key.starts_with("x-"));
    own.chain(bindings).any(|(key, value)| {
        let names = |text: &str| {
            let text = text.to_ascii_lowercase();
            text.contains("ssl") || text.contains("tls")
        };
        let is_set = value.node.as_bool() == Some(true) && names(key);
        is_set
            || key == "cipherSpec"
            || value.node.as_str().is_some_and(|text| !text.contains(' ') && names(text))
    })
}

impl<'l> View<'l> {
    /// What `holder`, a server or an operation, asks for; of 3.x the schemes themselves stand there.
    pub(super) fn security_of_events(&mut self, holder: Spot<'l>) -> Security<'l> {
        if self.format == Format::AsyncApi2 {
            return Security::of(holder).unwrap_or_default();
        }
        let listed: Vec<Spot<'l>> = holder.items_of("security").collect();
        for item in listed {
            self.add_scheme(item);
        }
        Security::of_references(self, holder).unwrap_or_default()
    }
}
