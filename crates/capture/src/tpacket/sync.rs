//! What threads share data with: the standard library's types, and in models those of loom, which runs every order of what
//! threads do (`make loom`).

#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::{Arc, atomic};

#[cfg(all(test, loom))]
pub(crate) use loom::sync::Arc;

/// loom's, whose orders a model can weaken: it must then fail.
#[cfg(all(test, loom))]
pub(crate) mod atomic {
    use std::cell::Cell;

    pub(crate) use loom::sync::atomic::Ordering;

    /// What is done in a relaxed order, whatever order it asks for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Weak {
        Loads,
        Stores,
    }

    thread_local! {
        /// Of atomics that are made from now on, by the name of their type. loom runs all threads of a model in one.
        static WEAKENED: Cell<Option<(&'static str, Weak)>> = const { Cell::new(None) };
    }

    /// Weakens the atomics of a type in the model that this thread runs next.
    pub(crate) fn weaken(kind: &'static str, weak: Weak) {
        WEAKENED.set(Some((kind, weak)));
    }

    macro_rules! atomic {
        ($name:ident, $value:ty) => {
            #[derive(Debug)]
            pub(crate) struct $name {
                inner: loom::sync::atomic::$name,
                weak: Option<Weak>,
            }

            impl $name {
                pub(crate) fn new(value: $value) -> Self {
                    let weak = WEAKENED.get().filter(|(kind, _)| *kind == stringify!($name));
                    Self { inner: loom::sync::atomic::$name::new(value), weak: weak.map(|(_, weak)| weak) }
                }

                pub(crate) fn load(&self, order: Ordering) -> $value {
                    self.inner.load(if self.weak == Some(Weak::Loads) { Ordering::Relaxed } else { order })
                }

                pub(crate) fn store(&self, value: $value, order: Ordering) {
                    self.inner.store(
                        value,
                        if self.weak == Some(Weak::Stores) { Ordering::Relaxed } else { order },
                    );
                }
            }
        };
    }

    atomic!(AtomicBool, bool);
    atomic!(AtomicU32, u32);

    impl AtomicU32 {
        /// loom's own, for the kernel's part, which is never weak.
        pub(crate) fn inner(&self) -> &loom::sync::atomic::AtomicU32 {
            &self.inner
        }
    }
}
