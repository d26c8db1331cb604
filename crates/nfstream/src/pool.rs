//! The pool: work of the asking thread that idle workers may take over, such as turning records into text.
//!
//! A worker runs tasks when it would otherwise wait: for room for an answer or, after the end of the input, for the end of
//! the run. Those are the times when the other threads wait for the asking thread. No worker has to run tasks: the asking
//! thread runs the tasks that are left while it waits for the results.

use std::num::NonZeroUsize;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::thread::{self, available_parallelism};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Select, Sender, bounded, unbounded};

/// How long the asking thread leaves tasks to the workers when it would only be in their way.
const PATIENCE: Duration = Duration::from_millis(10);

/// Work that any thread can do.
type Task = Box<dyn FnOnce() + Send>;

/// The tasks of one run that its idle workers may take over. Writers get it by [`set_pool`](crate::sinks::Writer::set_pool).
pub struct Pool {
    given: Sender<Task>,
    to_do: Receiver<Task>,
    /// Number of workers.
    workers: AtomicUsize,
    /// Determined when it is needed, because that takes reading files.
    cores: OnceLock<usize>,
}

impl Default for Pool {
    fn default() -> Self {
        let (given, to_do) = unbounded();
        Self { given, to_do, workers: AtomicUsize::new(0), cores: OnceLock::new() }
    }
}

impl Pool {
    /// Whether there are workers that run tasks.
    pub(crate) fn have_helpers(&self) -> bool {
        self.workers.load(Ordering::Relaxed) > 0
    }

    /// Whether to share out `records` records, when a worker takes `at_a_time` at a time.
    pub(crate) fn helps_with(&self, records: usize, at_a_time: usize) -> bool {
        records > at_a_time && self.have_helpers()
    }

    /// Has pieces of work done, and waits for the results. A panic in one of them resumes here when all are done.
    pub(crate) fn have_done<T: Send + 'static>(
        &self,
        works: impl Iterator<Item = impl FnOnce() -> T + Send + 'static>,
    ) -> Vec<T> {
        let results: Vec<_> = works.map(|work| self.give(work)).collect();
        // If the workers use all cores, this thread would only be in their way.
        let in_the_way = self.workers.load(Ordering::Relaxed) >= self.cores();
        let helps_from = Instant::now() + if in_the_way { PATIENCE } else { Duration::ZERO };
        let results: Vec<_> = results.iter().map(|result| self.wait(result, helps_from)).collect();
        results.into_iter().map(|result| result.unwrap_or_else(|panic| resume_unwind(panic))).collect()
    }

    fn cores(&self) -> usize {
        *self.cores.get_or_init(cores)
    }

    fn give<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Receiver<thread::Result<T>> {
        let (result, done) = bounded(1);
        let task = move || drop(result.send(catch_unwind(AssertUnwindSafe(work))));
        // The pool has a receiver, beside the sender.
        let _ = self.given.send(Box::new(task));
        done
    }

    /// Waits for a result, and runs tasks from `helps_from` on.
    fn wait<T>(&self, result: &Receiver<T>, helps_from: Instant) -> T {
        loop {
            if let Ok(result) = result.recv_deadline(helps_from) {
                return result;
            }
            match self.to_do.try_recv() {
                Ok(task) => task(),
                Err(_) => return result.recv().expect("whoever takes a task runs it"),
            }
        }
    }
}

/// A worker in the role of running tasks.
pub(crate) struct Helper {
    pool: Arc<Pool>,
}

impl Helper {
    pub(crate) fn new(pool: &Arc<Pool>) -> Self {
        pool.workers.fetch_add(1, Ordering::Relaxed);
        Self { pool: Arc::clone(pool) }
    }

    /// Sends something, and runs tasks until there is room for it.
    pub(crate) fn send<T>(&self, sender: &Sender<T>, thing: T) -> Result<(), Abandoned> {
        let to_do = &self.pool.to_do;
        loop {
            let mut select = Select::new();
            let room = select.send(sender);
            select.recv(to_do);
            let operation = select.select();
            if operation.index() == room {
                return operation.send(sender, thing).map_err(|_| Abandoned);
            }
            if let Ok(task) = operation.recv(to_do) {
                task();
            }
        }
    }

    /// Runs tasks until the run is over.
    pub(crate) fn help_until(&self, over: &Receiver<()>) {
        loop {
            crossbeam_channel::select! {
                recv(self.pool.to_do) -> task => if let Ok(task) = task { task() },
                recv(over) -> _ => return,
            }
        }
    }
}

impl Drop for Helper {
    fn drop(&mut self) {
        self.pool.workers.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Number of threads that can work at a time.
pub(crate) fn cores() -> usize {
    available_parallelism().map_or(1, NonZeroUsize::get)
}

/// The error that another thread is gone.
pub(crate) struct Abandoned;

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn squares(pool: &Pool) -> Vec<u64> {
        pool.have_done((0..100_u64).map(|number| move || number * number))
    }

    fn expected() -> Vec<u64> {
        (0..100).map(|number| number * number).collect()
    }

    #[test]
    fn without_workers_they_are_done_all_the_same() {
        let pool = Pool::default();
        assert!(!pool.have_helpers());
        assert_eq!(squares(&pool), expected());
    }

    #[test]
    fn a_worker_that_works_is_not_waited_for() {
        let pool = Arc::new(Pool::default());
        let _workers: Vec<_> = (0..=pool.cores()).map(|_| Helper::new(&pool)).collect();
        assert!(pool.have_helpers());
        assert_eq!(squares(&pool), expected());
    }

    #[test]
    fn who_waits_for_room_does_them() {
        let pool = Arc::new(Pool::default());
        let helper = Helper::new(&pool);
        let (answer, answers) = bounded(1);
        let (name, names) = mpsc::channel();
        let worker = thread::Builder::new()
            .name("worker".to_owned())
            .spawn(move || (0..2).try_for_each(|number| helper.send(&answer, number)).is_ok());
        let work = move || name.send(thread::current().name().map(str::to_owned));
        let sent = pool.give(work);
        assert_eq!(names.recv(), Ok(Some("worker".to_owned())));
        assert!(matches!(pool.wait(&sent, Instant::now()), Ok(Ok(()))));
        assert_eq!(answers.iter().collect::<Vec<_>>(), [0, 1]);
        assert!(worker.unwrap().join().unwrap());
        assert!(!pool.have_helpers());
    }

    #[test]
    fn who_is_at_its_end_does_them_until_the_run_is_over() {
        let pool = Arc::new(Pool::default());
        let (here, over) = bounded(0);
        let helpers = [Helper::new(&pool), Helper::new(&pool)];
        thread::scope(|scope| {
            for helper in &helpers {
                scope.spawn(|| helper.help_until(&over));
            }
            assert_eq!(squares(&pool), expected());
            drop(here);
        });
    }

    #[test]
    fn nobody_sends_to_who_is_gone() {
        let pool = Arc::new(Pool::default());
        let (answer, answers) = bounded(1);
        drop(answers);
        assert!(Helper::new(&pool).send(&answer, ()).is_err());
    }

    #[test]
    fn a_panic_goes_on_where_it_is_waited_for() {
        let pool = Arc::new(Pool::default());
        let (here, over) = bounded::<()>(0);
        let helper = Helper::new(&pool);
        let worker = thread::spawn(move || helper.help_until(&over));
        let works = (0..10).map(|number| move || assert_ne!(number, 5, "this one fails"));
        let failure = catch_unwind(AssertUnwindSafe(|| pool.have_done(works))).unwrap_err();
        let message = failure.downcast_ref::<String>().unwrap();
        assert!(message.contains("this one fails"), "{message}");
        drop(here);
        assert!(worker.join().is_ok());
    }
}
