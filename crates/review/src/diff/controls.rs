//! What `x-palisade` says of the controls of an operation: its own settings before those of its path and of the root.

use spec::Spot;

use crate::view::{Operation, View};

/// How a control is applied, from the weakest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Mode {
    Off,
    Shadow,
    Enforce,
}

/// The settings of a control, and their place: the mode alone, or an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Setting<'l> {
    pub(crate) control: &'l str,
    pub(crate) spot: Spot<'l>,
}

impl<'l> Setting<'l> {
    /// What is applied where nothing else is said is enforced.
    pub(crate) fn mode(&self) -> Mode {
        let named = if self.spot.node.is_object() { self.spot.text("mode") } else { self.spot.node.as_str() };
        match named {
            Some("off") => Mode::Off,
            Some("shadow") => Mode::Shadow,
            _ => Mode::Enforce,
        }
    }

    /// Settings beside the mode.
    pub(crate) fn members(&self) -> impl Iterator<Item = (&'l str, Spot<'l>)> {
        self.spot.members().filter(|(name, _)| *name != "mode")
    }
}

/// Every control that is set for an operation, by the nearest place.
pub(crate) fn settings<'l>(view: &View<'l>, operation: &Operation<'l>) -> Vec<Setting<'l>> {
    let holders = [operation.spot, operation.item, view.root].into_iter();
    let mut settings: Vec<Setting<'l>> = Vec::new();
    for (control, spot) in holders.flat_map(|holder| holder.members_of("x-palisade")) {
        if !settings.iter().any(|known| known.control == control) {
            settings.push(Setting { control, spot });
        }
    }
    settings
}
