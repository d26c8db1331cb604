//! Dissectors in a list, without their types.

use std::any::Any;
use std::marker::PhantomData;

use super::dissector::{Dissector, Meta, Segment, Then, Verdict};
use super::found::Found;

/// A dissector's state in one flow, without its type; `None` while there is nothing to remember.
pub(crate) type State = Option<Box<dyn Any + Send + Sync>>;

/// A dissector in a list.
pub(crate) trait Listed: Sync {
    fn meta(&self) -> &'static Meta;
    fn inspect(&self, state: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict;
    /// Bytes of memory that a state takes.
    fn memory(&self, state: &State) -> usize;
}

/// Makes a value of a dissector's type, for the list.
pub(crate) struct Of<D>(PhantomData<fn() -> D>);

impl<D> Of<D> {
    pub(crate) const NEW: Self = Self(PhantomData);
}

impl<D: Dissector> Listed for Of<D> {
    fn meta(&self) -> &'static Meta {
        const { &D::META }
    }

    fn inspect(&self, kept: &mut State, segment: &Segment<'_>, found: &mut Found<'_>) -> Verdict {
        if let Some(state) = kept.as_mut().and_then(|state| state.downcast_mut::<D::State>()) {
            return D::inspect(state, segment, found);
        }
        let mut state = D::State::default();
        let verdict = D::inspect(&mut state, segment, found);
        let goes_on = !matches!(verdict, Verdict::Excluded | Verdict::Matched(Then::Done));
        if goes_on && size_of::<D::State>() > 0 && !D::is_default(&state) {
            *kept = Some(Box::new(state));
        }
        verdict
    }

    fn memory(&self, state: &State) -> usize {
        let state = state.as_ref().and_then(|state| state.downcast_ref::<D::State>());
        state.map_or(0, |state| size_of::<D::State>() + D::memory(state))
    }
}
