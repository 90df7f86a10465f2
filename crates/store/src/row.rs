//! Rows of the tables, and the values of the inventory that they are.

use model::Timestamp;
use model::inventory::{
    Change, Event, Fact, Field, Inventory, Sighting, Source, SourceKind, Subject, Whose, Word,
};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::StoreError;
use crate::schema;

/// A value of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell {
    Number(i64),
    Text(String),
    NoNumber,
    NoText,
}

/// A statement, and what stands for its parameters.
pub(crate) type Statement = (&'static str, Vec<Cell>);

fn number(value: u64) -> Cell {
    Cell::Number(i64::try_from(value).unwrap_or(i64::MAX))
}

fn text(value: &str) -> Cell {
    // PostgreSQL's text cannot hold it, and nothing that is named has one.
    Cell::Text(value.replace('\0', "\u{fffd}"))
}

fn json(value: &impl Serialize) -> Result<Cell, StoreError> {
    serde_json::to_string(value).map(|value| text(&value)).map_err(unreadable)
}

fn unreadable(error: impl std::fmt::Display) -> StoreError {
    StoreError::Row(error.to_string())
}

/// What a change is in the tables.
pub(crate) fn statements(change: &Change) -> Result<Vec<Statement>, StoreError> {
    Ok(match change {
        Change::Source(source) => vec![(
            schema::PUT_SOURCE,
            vec![
                number(source.id),
                text(source.kind.name()),
                text(&source.name),
                number(source.taken_at.as_micros()),
                number(u64::from(source.is_withdrawn)),
                json(&source.told)?,
            ],
        )],
        Change::Sighting(sighting) => vec![(schema::PUT_SIGHTING, sighting_row(sighting)?)],
        Change::Fact { api, field, fact: Some(fact) } => {
            vec![(schema::PUT_FACT, vec![text(api), text(field.name()), text(&fact.to_string())])]
        }
        Change::Fact { api, field, fact: None } => {
            vec![(schema::DROP_FACT, vec![text(api), text(field.name())])]
        }
        Change::Gone(source) => vec![
            (schema::DROP_SOURCE, vec![number(*source)]),
            (schema::DROP_SIGHTINGS, vec![number(*source)]),
        ],
        Change::Event(event) => vec![(
            schema::PUT_EVENT,
            vec![
                number(event.id),
                number(event.at.as_micros()),
                text(&event.who),
                event.why.as_deref().map_or(Cell::NoText, text),
                text(event.what.name()),
                event.what.api().map_or(Cell::NoText, text),
                event.undoes.map_or(Cell::NoNumber, number),
                json(&event.what)?,
            ],
        )],
    })
}

fn sighting_row(sighting: &Sighting) -> Result<Vec<Cell>, StoreError> {
    let Subject { whose, method, path } = &sighting.subject;
    let (api, host) = match whose {
        Whose::Api(api) => (api.as_str(), ""),
        Whose::Host(host) => ("", host.as_str()),
    };
    let place = sighting.place.as_ref().map(json).transpose()?;
    Ok(vec![
        number(sighting.source),
        text(api),
        text(host),
        text(method),
        text(path),
        place.unwrap_or(Cell::NoText),
        json(&sighting.account)?,
    ])
}

/// What a row is read from: either database's own.
pub(crate) trait Row {
    /// The number in this column, from 0 on.
    fn number(&self, column: usize) -> Result<Option<i64>, StoreError>;
    /// The text in this column.
    fn text(&self, column: usize) -> Result<Option<String>, StoreError>;

    fn some_number(&self, column: usize) -> Result<u64, StoreError> {
        let number = self.number(column)?.and_then(|number| u64::try_from(number).ok());
        number.ok_or_else(|| StoreError::Row(format!("no number in column {column}")))
    }

    fn some_text(&self, column: usize) -> Result<String, StoreError> {
        self.text(column)?.ok_or_else(|| StoreError::Row(format!("no text in column {column}")))
    }

    fn json<T: DeserializeOwned>(&self, column: usize) -> Result<T, StoreError> {
        serde_json::from_str(&self.some_text(column)?).map_err(unreadable)
    }
}

fn word<W: Word>(name: &str) -> Result<W, StoreError> {
    W::of(name).ok_or_else(|| StoreError::Row(format!("`{name}` is unknown")))
}

/// Puts a row of [`schema::SOURCES`] into the inventory.
pub(crate) fn read_source(row: &impl Row, inventory: &mut Inventory) -> Result<(), StoreError> {
    let id = row.some_number(0)?;
    inventory.apply(&Change::Source(Source {
        id,
        kind: word::<SourceKind>(&row.some_text(1)?)?,
        name: row.some_text(2)?,
        taken_at: Timestamp::from_micros(row.some_number(3)?),
        is_withdrawn: row.some_number(4)? != 0,
        told: row.json(5)?,
    }));
    Ok(())
}

/// Puts a row of [`schema::SIGHTINGS`] into the inventory.
pub(crate) fn read_sighting(row: &impl Row, inventory: &mut Inventory) -> Result<(), StoreError> {
    let (api, host) = (row.some_text(1)?, row.some_text(2)?);
    let whose = if api.is_empty() { Whose::Host(host) } else { Whose::Api(api) };
    let place = row.text(5)?.map(|_| row.json(5)).transpose()?;
    inventory.apply(&Change::Sighting(Sighting {
        source: row.some_number(0)?,
        subject: Subject { whose, method: row.some_text(3)?, path: row.some_text(4)? },
        place,
        account: row.json(6)?,
    }));
    Ok(())
}

/// Puts a row of [`schema::FACTS`] into the inventory.
pub(crate) fn read_fact(row: &impl Row, inventory: &mut Inventory) -> Result<(), StoreError> {
    let field = word::<Field>(&row.some_text(1)?)?;
    let fact = Fact::parse(field, &row.some_text(2)?)
        .map_err(|fault| StoreError::Row(format!("`{}`: {fault}", field.name())))?;
    inventory.apply(&Change::Fact { api: row.some_text(0)?, field, fact: Some(fact) });
    Ok(())
}

/// A row of [`schema::EVENTS`].
pub(crate) fn read_event(row: &impl Row) -> Result<Event, StoreError> {
    Ok(Event {
        id: row.some_number(0)?,
        at: Timestamp::from_micros(row.some_number(1)?),
        who: row.some_text(2)?,
        why: row.text(3)?,
        undoes: row.number(4)?.and_then(|number| u64::try_from(number).ok()),
        what: row.json(5)?,
    })
}
