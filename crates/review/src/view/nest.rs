//! Places of which some hold others, and which of them a place stands in.

use spec::Spot;

/// Places of a library, of which some hold others.
#[derive(Debug, Default)]
pub(super) struct Nest<'l> {
    /// By document and place, each with the innermost of those around it.
    pub(super) spots: Vec<(Spot<'l>, Option<usize>)>,
}

impl<'l> Nest<'l> {
    pub(super) fn of(mut spots: Vec<Spot<'l>>) -> Nest<'l> {
        spots.sort_by_key(|spot| spot.key());
        spots.dedup_by_key(|spot| spot.key());
        let mut nest = Nest { spots: Vec::with_capacity(spots.len()) };
        for spot in spots {
            let around = nest.around(spot).next();
            nest.spots.push((spot, around));
        }
        nest
    }

    /// The places that are or hold `spot`, from within, by their numbers.
    pub(super) fn around(&self, spot: Spot<'l>) -> impl Iterator<Item = usize> {
        let before = self.spots.partition_point(|(known, _)| known.key() <= spot.key());
        let outer = |index: &usize| self.spots.get(*index)?.1;
        let holds =
            move |index: &usize| self.spots.get(*index).is_some_and(|(known, _)| known.node.holds(spot.node));
        std::iter::successors(before.checked_sub(1), outer).skip_while(move |index| !holds(index))
    }

    pub(super) fn number_of(&self, spot: Spot<'l>) -> Option<usize> {
        self.spots.binary_search_by_key(&spot.key(), |(known, _)| known.key()).ok()
    }
}

#[cfg(test)]
mod tests {
    use spec::{Document, Library, Limits, Spot};

    use crate::view::View;

    const DOCUMENT: &str = "
openapi: 3.1.0
info: { title: t, version: '1' }
paths:
  /orders:
    post:
      callbacks: { paid: { '{$request.body#/url}': { post: { requestBody: {} } } } }
      responses: { '200': { description: ok } }
    get: { responses: {} }
";

    #[test]
    fn what_stands_behind_a_callback_is_of_the_operation_around_it() {
        let check = |pointer: &str, expected: Option<&str>| {
            let library = Library::of(Document::parse("a.yaml", DOCUMENT, &Limits::default()).0);
            let view = View::of(&library).unwrap();
            let node = library.documents()[0].root().pointer(pointer).unwrap();
            let around = view.operation_around(Spot { document: 0, node });
            assert_eq!(around.map(|operation| operation.name()).as_deref(), expected, "{pointer}");
        };
        let callback = "/paths/~1orders/post/callbacks/paid/{$request.body#~1url}/post/requestBody";
        check(callback, Some("POST {$request.body#/url}"));
        check("/paths/~1orders/post/responses/200/description", Some("POST /orders"));
        check("/paths/~1orders/post/callbacks/paid", Some("POST /orders"));
        check("/paths/~1orders/get/responses", Some("GET /orders"));
        check("/paths/~1orders", None);
    }
}
