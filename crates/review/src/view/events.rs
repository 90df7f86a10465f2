//! Servers, channels and messages of AsyncAPI, of 2.x and of 3.x in one shape.

mod message;
mod operation;
mod server;

use std::collections::HashMap;

use spec::{Format, Spot};

use super::{Operation, Parameter, View};

pub(crate) use message::{Message, Payload};
pub(crate) use server::{Server, Transport};

/// The most channels, messages and operations of messages that are read of one document.
const DECLARED_MAX: usize = 10_000;

/// The most servers that are read of one document.
const SERVERS_MAX: usize = 200;

/// What an AsyncAPI document declares; nothing of one of OpenAPI.
#[derive(Debug, Default)]
pub(crate) struct Events<'l> {
    /// Those of the document, then those that are declared to be shared.
    pub(crate) servers: Vec<Server<'l>>,
    pub(crate) channels: Vec<Channel<'l>>,
    /// Every message, each once.
    pub(crate) messages: Vec<Message<'l>>,
    /// How many servers are those of the document: a channel that names none is on all of these.
    own_servers: usize,
    server_at: HashMap<(u32, u32), usize>,
    channel_at: HashMap<(u32, u32), usize>,
    message_at: HashMap<(u32, u32), usize>,
}

/// Where messages go: a topic, a queue, a path.
#[derive(Debug)]
pub(crate) struct Channel<'l> {
    pub(crate) name: &'l str,
    pub(crate) spot: Spot<'l>,
    /// Of 2.x, its name; empty where it is known at run time only.
    pub(crate) address: &'l str,
    /// Those of its address, and of the request that opens it.
    pub(crate) parameters: Vec<Parameter<'l>>,
    /// Places in [`Events::servers`].
    servers: Vec<usize>,
    /// Places in [`Events::messages`].
    pub(crate) messages: Vec<usize>,
    /// Places in [`View::operations`].
    pub(crate) operations: Vec<usize>,
}

impl<'l> Channel<'l> {
    /// Where its address is written: the channel itself, where that is its name.
    pub(crate) fn addressed(&self) -> Spot<'l> {
        self.spot.get("address").filter(|address| address.node.as_str().is_some()).unwrap_or(self.spot)
    }

    /// Whether neither it nor an operation on it names a message, be it one that cannot be found.
    pub(crate) fn names_no_message(&self, view: &View<'l>) -> bool {
        let mut holders = view.operations_of_channel(self).map(|operation| operation.spot).chain([self.spot]);
        let says = |holder: Spot<'l>| ["message", "messages"].iter().any(|key| holder.get(key).is_some());
        self.messages.is_empty() && !holders.any(says)
    }
}

impl<'l> Events<'l> {
    /// The servers of the document, without those that are only declared to be shared.
    pub(crate) fn own_servers(&self) -> &[Server<'l>] {
        self.servers.get(..self.own_servers).unwrap_or_default()
    }

    /// The servers that `channel` is on.
    pub(crate) fn servers_of(&self, channel: &Channel<'l>) -> impl Iterator<Item = &Server<'l>> {
        channel.servers.iter().filter_map(|index| self.servers.get(*index))
    }

    /// The messages of `channel`.
    pub(crate) fn messages_of(&self, channel: &Channel<'l>) -> impl Iterator<Item = &Message<'l>> {
        channel.messages.iter().filter_map(|index| self.messages.get(*index))
    }
}

impl<'l> View<'l> {
    /// Fills `events`, and `operations` with those of messages.
    pub(super) fn read_events(&mut self) {
        self.read_servers();
        for (name, channel) in self.declared_members("channels", DECLARED_MAX) {
            self.read_channel(name, channel);
        }
        for (name, message) in self.shared_members("messages").into_iter().take(DECLARED_MAX) {
            self.message(name, message, None);
        }
        if self.format == Format::AsyncApi3 {
            for (name, operation) in self.declared_members("operations", DECLARED_MAX) {
                self.read_operation(name, operation);
            }
        }
    }

    /// The operations of a channel.
    pub(crate) fn operations_of_channel(
        &self,
        channel: &Channel<'l>,
    ) -> impl Iterator<Item = &Operation<'l>> {
        channel.operations.iter().filter_map(|index| self.operations.get(*index))
    }

    /// The servers that an operation of messages is on.
    pub(crate) fn servers_of_operation(
        &self,
        operation: &Operation<'l>,
    ) -> impl Iterator<Item = &Server<'l>> {
        self.channel_around(operation).into_iter().flat_map(|channel| self.events.servers_of(channel))
    }

    /// The messages of the channel that an operation is on.
    pub(crate) fn messages_around(&self, operation: &Operation<'l>) -> impl Iterator<Item = &Message<'l>> {
        self.channel_around(operation).into_iter().flat_map(|channel| self.events.messages_of(channel))
    }

    fn channel_around(&self, operation: &Operation<'l>) -> Option<&Channel<'l>> {
        self.events.channels.get(*self.events.channel_at.get(&operation.item.key())?)
    }

    /// The operations on the server at `index`.
    pub(crate) fn operations_on(&self, index: usize) -> Vec<&Operation<'l>> {
        let channels = self.events.channels.iter().filter(|channel| channel.servers.contains(&index));
        channels.flat_map(|channel| self.operations_of_channel(channel)).collect()
    }

    /// Members of the root's `key`, and of what is shared under it, references followed; at most `most`.
    fn declared_members(&self, key: &str, most: usize) -> Vec<(&'l str, Spot<'l>)> {
        let own = self.root.members_of(key).filter_map(|(name, spot)| Some((name, self.follow(spot)?)));
        let mut members: Vec<_> = own.chain(self.shared_members(key)).collect();
        if members.len() > most {
            self.gap(
                self.root.get(key).unwrap_or(self.root),
                format!("of more than {most} {key} the others are not read"),
            );
            members.truncate(most);
        }
        members
    }

    fn shared_members(&self, key: &str) -> Vec<(&'l str, Spot<'l>)> {
        let shared = self.root.get("components").into_iter().flat_map(|shared| shared.members_of(key));
        shared.filter_map(|(name, spot)| Some((name, self.follow(spot)?))).collect()
    }

    /// The channel at `spot`, references followed; read once.
    fn read_channel(&mut self, name: &'l str, spot: Spot<'l>) -> usize {
        let is_second = self.format == Format::AsyncApi2;
        let known = self.events.channel_at.get(&spot.key()).copied();
        // In 2.x the name is the address, so what two of them refer to is two channels.
        let is_listed = || self.root.get("channels").is_some_and(|channels| channels.get(name).is_some());
        let is_other = |index: usize| {
            let known = self.events.channels.get(index);
            is_second && is_listed() && known.is_some_and(|known| known.name != name)
        };
        if let Some(index) = known.filter(|index| !is_other(*index)) {
            return index;
        }
        let address = match spot.get("address") {
            Some(address) => address.node.as_str().unwrap_or_default(),
            None if is_second => name,
            None => "",
        };
        let channel = Channel {
            name,
            spot,
            address,
            parameters: self.parameters_of_channel(spot),
            servers: self.servers_of_channel(spot),
            messages: Vec::new(),
            operations: Vec::new(),
        };
        let index = self.events.channels.len();
        self.events.channels.push(channel);
        self.events.channel_at.insert(spot.key(), index);
        if is_second {
            self.read_second(index, spot);
        } else {
            for (name, message) in spot.members_of("messages") {
                if let Some(message) = self.follow(message) {
                    self.message(name, message, Some(index));
                }
            }
        }
        index
    }

    /// What the channel's address takes, and what the request that opens a WebSocket does.
    fn parameters_of_channel(&self, channel: Spot<'l>) -> Vec<Parameter<'l>> {
        let declared = channel.members_of("parameters");
        let declared = declared.filter_map(|(name, spot)| {
            let spot = self.follow(spot)?;
            Some(Parameter { name, location: "address", spot, schema: spot.get("schema") })
        });
        declared.chain(self.parameters_of_binding(channel, "ws")).collect()
    }

    /// The query and the headers of the request that the binding for `protocol` describes.
    fn parameters_of_binding(&self, holder: Spot<'l>, protocol: &str) -> Vec<Parameter<'l>> {
        let mut parameters = Vec::new();
        for (key, location) in [("query", "query"), ("headers", "header")] {
            let schema = self.schema_of_binding(holder, protocol, key);
            let properties = schema.into_iter().flat_map(|schema| schema.members_of("properties"));
            let parameter = |(name, spot)| Parameter { name, location, spot, schema: Some(spot) };
            parameters.extend(properties.map(parameter));
        }
        parameters
    }

    /// The schema called `key` of the binding for `protocol`.
    pub(crate) fn schema_of_binding(&self, holder: Spot<'l>, protocol: &str, key: &str) -> Option<Spot<'l>> {
        let bindings = self.follow(holder.get("bindings")?)?;
        self.follow(bindings.get(protocol)?.get(key)?)
    }
}
