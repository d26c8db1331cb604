//! The types with which threads share data. They come from the standard library, and in models from loom, which runs every
//! order of the threads' actions (`make loom`).

#[cfg(not(all(test, loom)))]
pub(crate) use std::sync::{Arc, atomic};

#[cfg(all(test, loom))]
pub(crate) use loom::sync::Arc;

/// loom's types, whose orders a model can weaken: it must then fail.
#[cfg(all(test, loom))]
pub(crate) mod atomic {
    use std::cell::Cell;

    pub(crate) use loom::sync::atomic::Ordering;

    /// Operations that use a relaxed order, whatever order the code asks for.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) enum Weak {
        Loads,
        Stores,
    }

    thread_local! {
        /// The weakening of atomics that are made from now on, by the name of their type. loom runs all threads of a model
        /// in one.
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
        /// loom's own atomic, for the kernel's part, which is never weak.
        pub(crate) fn inner(&self) -> &loom::sync::atomic::AtomicU32 {
            &self.inner
        }
    }
}
