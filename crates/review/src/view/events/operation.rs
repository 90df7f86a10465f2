//! Operations of AsyncAPI: what is sent and received, in the perspective of the application that the document describes.

use spec::Spot;

use super::super::schema::Met;
use super::super::{Carried, Direction, Operation, View};

impl<'l> View<'l> {
    /// The operations of a channel of 2.x. What others publish is received, and what they subscribe to is sent.
    pub(super) fn read_second(&mut self, channel: usize, spot: Spot<'l>) {
        let name = self.events.channels.get(channel).map_or("message", |channel| channel.name);
        for (key, direction) in [("publish", Direction::Called), ("subscribe", Direction::Calling)] {
            let Some(operation) = spot.get(key).and_then(|operation| self.follow(operation)) else {
                continue;
            };
            let messages: Vec<usize> = match operation.get("message").and_then(|message| self.follow(message))
            {
                Some(message) => self.message(name, message, Some(channel)),
                None => Vec::new(),
            };
            self.meet(&messages, direction);
            self.add_operation(direction, operation, channel, Carried { messages, replies: Vec::new() });
        }
    }

    /// An operation of 3.x.
    pub(super) fn read_operation(&mut self, name: &'l str, spot: Spot<'l>) {
        let direction = match spot.text("action") {
            Some("receive") => Direction::Called,
            Some("send") => Direction::Calling,
            _ => return self.gap(spot, format!("the operation `{name}` neither sends nor receives")),
        };
        let Some(channel) = self.channel_of(spot) else { return };
        let messages = self.messages_of_operation(spot, channel);
        self.meet(&messages, direction);
        let mut replies = Vec::new();
        if let Some(reply) = spot.get("reply").and_then(|reply| self.follow(reply)) {
            let channel = self.channel_of(reply).unwrap_or(channel);
            replies = self.messages_of_operation(reply, channel);
            self.meet(&replies, direction.turned());
        }
        self.add_operation(direction, spot, channel, Carried { messages, replies });
    }

    fn channel_of(&mut self, holder: Spot<'l>) -> Option<usize> {
        let channel = self.follow(holder.get("channel")?)?;
        if let Some(index) = self.events.channel_at.get(&channel.key()) {
            return Some(*index);
        }
        let name = self
            .library
            .document(channel.document)?
            .entry_of(channel.node)
            .map_or("channel", |entry| entry.key);
        Some(self.read_channel(name, channel))
    }

    /// The messages that `holder`, an operation or a reply, lists, else all of its channel.
    fn messages_of_operation(&mut self, holder: Spot<'l>, channel: usize) -> Vec<usize> {
        let Some(listed) = holder.get("messages") else {
            return self
                .events
                .channels
                .get(channel)
                .map_or_else(Vec::new, |channel| channel.messages.clone());
        };
        let mut found = Vec::new();
        for item in listed.items() {
            if let Some(message) = self.follow(item) {
                found.extend(self.message("message", message, Some(channel)));
            }
        }
        found
    }

    fn meet(&mut self, messages: &[usize], direction: Direction) {
        let way = if direction == Direction::Called { Met::SENT } else { Met::RETURNED };
        for index in messages {
            if let Some(message) = self.events.messages.get_mut(*index) {
                message.met = message.met | Met::VALUE | way;
            }
        }
    }

    fn add_operation(&mut self, direction: Direction, spot: Spot<'l>, channel: usize, carried: Carried) {
        let traits: Vec<Spot<'l>> = spot.items_of("traits").filter_map(|part| self.follow(part)).collect();
        let mut holders = std::iter::once(spot).chain(traits);
        let holder = holders.find(|holder| holder.get("security").is_some()).unwrap_or(spot);
        let security = self.security_of_events(holder);
        let parameters = self.parameters_of_binding(spot, "http");
        let Some(channel) = self.events.channels.get_mut(channel) else { return };
        channel.operations.push(self.operations.len());
        let place = channel.spot;
        self.operations.push(Operation {
            within: None,
            direction,
            method: if direction == Direction::Called { "RECEIVE" } else { "SEND" }.to_owned(),
            path: if channel.address.is_empty() { channel.name } else { channel.address },
            spot,
            item: place,
            security,
            parameters,
            body: Vec::new(),
            responses: Vec::new(),
            carried,
        });
    }
}
