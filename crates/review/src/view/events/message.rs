//! Messages of AsyncAPI: what they hold, in which language that is described, and who sends them.

use spec::{Format, Spot};

use super::super::View;
use super::super::schema::Met;
use super::DECLARED_MAX;

/// Messages within messages (`oneOf`) that are read.
const DEPTH_MAX: usize = 4;

/// One message.
#[derive(Debug)]
pub(crate) struct Message<'l> {
    pub(crate) name: &'l str,
    pub(crate) spot: Spot<'l>,
    pub(crate) payload: Payload<'l>,
    /// Schemas of its headers: its own and those of its traits.
    pub(crate) headers: Vec<Spot<'l>>,
    /// Whether others send it, or this application does.
    pub(in super::super) met: Met,
}

/// What describes a payload or headers.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Payload<'l> {
    /// Nothing.
    Missing,
    /// A schema of JSON.
    Schema(Spot<'l>),
    /// Another language, whose name stands here.
    Foreign(Spot<'l>),
}

impl<'l> Message<'l> {
    /// Whether others send it to the application.
    pub(crate) fn is_received(&self) -> bool {
        self.met.has(Met::SENT)
    }

    /// The schemas of all that it holds.
    pub(crate) fn schemas(&self) -> impl Iterator<Item = Spot<'l>> {
        let payload = match self.payload {
            Payload::Schema(schema) => Some(schema),
            Payload::Missing | Payload::Foreign(_) => None,
        };
        payload.into_iter().chain(self.headers.iter().copied())
    }
}

impl<'l> View<'l> {
    /// Reads the message at `spot`, references followed, and puts it into `channel`. Of several by `oneOf`, each.
    pub(super) fn message(&mut self, name: &'l str, spot: Spot<'l>, channel: Option<usize>) -> Vec<usize> {
        let mut found = Vec::new();
        self.messages_below(name, spot, 0, &mut found);
        if let Some(channel) = channel.and_then(|index| self.events.channels.get_mut(index)) {
            let new: Vec<usize> =
                found.iter().copied().filter(|index| !channel.messages.contains(index)).collect();
            channel.messages.extend(new);
        }
        found
    }

    fn messages_below(&mut self, name: &'l str, spot: Spot<'l>, depth: usize, found: &mut Vec<usize>) {
        let branches: Vec<Spot<'l>> = spot.items_of("oneOf").collect();
        if branches.is_empty() || depth >= DEPTH_MAX {
            found.extend(self.one_message(name, spot));
            return;
        }
        for branch in branches {
            if let Some(branch) = self.follow(branch) {
                self.messages_below(name, branch, depth + 1, found);
            }
        }
    }

    fn one_message(&mut self, name: &'l str, spot: Spot<'l>) -> Option<usize> {
        if !spot.node.is_object() {
            return None;
        }
        if let Some(index) = self.events.message_at.get(&spot.key()) {
            return Some(*index);
        }
        if self.events.messages.len() >= DECLARED_MAX {
            let at = self.root.get("channels").unwrap_or(self.root);
            self.gap(at, format!("of more than {DECLARED_MAX} messages the others are not read"));
            return None;
        }
        let entry = self.library.document(spot.document).and_then(|document| document.entry_of(spot.node));
        let key = entry.map(|entry| entry.key).filter(|key| *key != "message");
        let called = spot.text("name").or_else(|| spot.text("messageId")).or(key).unwrap_or(name);
        let payload = self.payload_of(spot);
        if let Payload::Foreign(language) = payload {
            let name = language.node.as_str().unwrap_or_default();
            self.gap(language, format!("the payload is described as `{name}`, which is not read"));
        }
        let mut headers = Vec::new();
        let traits: Vec<Spot<'l>> = spot.items_of("traits").filter_map(|part| self.follow(part)).collect();
        for holder in std::iter::once(spot).chain(traits) {
            if let Some(Payload::Schema(schema)) =
                holder.get("headers").map(|headers| self.described(headers))
            {
                headers.push(schema);
            }
        }
        let index = self.events.messages.len();
        self.events.messages.push(Message { name: called, spot, payload, headers, met: Met::DECLARED });
        self.events.message_at.insert(spot.key(), index);
        Some(index)
    }

    /// The media type of `message`: its own, that of its traits, else that of all messages.
    pub(crate) fn content_type(&self, message: &Message<'l>) -> Option<Spot<'l>> {
        let spot = message.spot;
        let traits = spot.items_of("traits").filter_map(|part| self.follow(part));
        let own = std::iter::once(spot).chain(traits).find_map(|holder| holder.get("contentType"));
        own.or_else(|| self.root.get("defaultContentType")).filter(|media| media.node.as_str().is_some())
    }

    fn payload_of(&self, message: Spot<'l>) -> Payload<'l> {
        let Some(payload) = message.get("payload") else { return Payload::Missing };
        match message.get("schemaFormat").filter(|_| self.format == Format::AsyncApi2) {
            Some(language) if !is_json_schema(language) => Payload::Foreign(language),
            Some(_) => Payload::Schema(payload),
            None => self.described(payload),
        }
    }

    /// What `spot` holds, which since 3.0 may be a schema beside the name of its language.
    pub(in super::super) fn described(&self, spot: Spot<'l>) -> Payload<'l> {
        if self.format == Format::AsyncApi2 {
            return Payload::Schema(spot);
        }
        let followed = if spot.get("$ref").is_some() { self.follow(spot) } else { Some(spot) };
        let Some(followed) = followed else { return Payload::Schema(spot) };
        match (followed.get("schemaFormat"), followed.get("schema")) {
            (Some(language), _) if !is_json_schema(language) => Payload::Foreign(language),
            (_, Some(schema)) => Payload::Schema(schema),
            (Some(_), None) => Payload::Missing,
            (None, None) => Payload::Schema(spot),
        }
    }
}

/// Whether `language`, a media type, is one of JSON Schema's dialects.
fn is_json_schema(language: Spot<'_>) -> bool {
    let text = language.node.as_str().unwrap_or_default().to_ascii_lowercase();
    let essence = text.split([';', '+']).next().unwrap_or_default().trim();
    matches!(
        essence,
        "application/vnd.aai.asyncapi" | "application/schema" | "application/vnd.oai.openapi" | ""
    )
}
