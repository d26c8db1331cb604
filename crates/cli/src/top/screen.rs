//! The state of the screen, and the effect of keys on it.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use nfstream::Input;

use super::feed::{Snapshot, Wanted};
use super::hosts::Gone;
use super::list::{List, Step};
use super::rows::{ApplicationRow, FlowRow, HostRow, Rows, Scope, Subject};
use crate::table::printable;

/// A list that has a tab.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum View {
    Applications,
    Hosts,
    Flows,
}

impl View {
    pub(super) const ALL: [View; 3] = [View::Applications, View::Hosts, View::Flows];
}

/// The view of all columns of one flow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Details {
    /// Number of the flow.
    pub(super) flow: u64,
    pub(super) scrolled: usize,
}

/// A key's request to the loop that shows the screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// Nothing but drawing.
    Nothing,
    Quit,
    /// Ctrl-C.
    Interrupt,
    /// Ctrl-Z.
    Suspend,
}

#[derive(Debug)]
pub(super) struct Screen {
    /// Name of the inputs that are shown.
    pub(super) source: String,
    /// Speed at which a capture is played.
    pub(super) speed: Option<f64>,
    /// Whether traffic arrives in its own time and has not ended.
    is_current: bool,
    pub(super) snapshot: Snapshot,
    pub(super) view: View,
    lists: [List; 3],
    /// The flows of an application or a host.
    scoped: Option<(Scope, List)>,
    pub(super) details: Option<Details>,
    /// Number of lines by which the help is scrolled, while it is shown.
    pub(super) help: Option<usize>,
    pub(super) is_paused: bool,
    pub(super) is_typing: bool,
    /// Whether the list has to be arranged before it is drawn.
    is_stale: bool,
    /// Number of rows that fit.
    pub(super) height: usize,
}

impl Screen {
    /// Makes a screen. `is_current` says that traffic arrives in its own time: lists are then sorted by the current
    /// rate.
    pub(super) fn new(source: String, speed: Option<f64>, is_current: bool, snapshot: Snapshot) -> Self {
        let pick = |total, rate| if is_current { rate } else { total };
        Self {
            source,
            speed,
            is_current,
            lists: [
                List::sorted_by(
                    pick(ApplicationRow::BYTES, ApplicationRow::RATE),
                    snapshot.applications.headings(),
                ),
                List::sorted_by(pick(HostRow::SENT, HostRow::RATE), snapshot.hosts.headings()),
                List::sorted_by(pick(FlowRow::BYTES, FlowRow::RATE), snapshot.flows.headings()),
            ],
            snapshot,
            view: View::Applications,
            scoped: None,
            details: None,
            help: None,
            is_paused: false,
            is_typing: false,
            is_stale: true,
            height: 1,
        }
    }

    /// Whether nothing new will be shown.
    pub(super) fn is_settled(&self) -> bool {
        self.is_paused || self.snapshot.overview.is_over
    }

    /// Contents that a snapshot must have. A paused display needs everything, so that the user can look around in it.
    pub(super) fn wanted(&self) -> Wanted {
        let shows = |view| self.is_paused || (self.shown_view() == view && self.details.is_none());
        // A list of the flows of an application or a host also shows how many flows that has.
        let scope = self.scope().filter(|_| self.details.is_none());
        let of_application = matches!(scope, Some(Scope::Application(_)));
        let of_host = matches!(scope, Some(Scope::Host(_)));
        Wanted {
            applications: shows(View::Applications) || of_application,
            hosts: shows(View::Hosts) || of_host,
            flows: shows(View::Flows),
            details: self.details.map(|details| details.flow),
        }
    }

    /// Takes a new snapshot.
    pub(super) fn see(&mut self, snapshot: Snapshot) {
        if snapshot.overview.is_over && std::mem::take(&mut self.is_current) {
            self.sort_by_totals();
        }
        self.snapshot = snapshot;
        self.is_stale = true;
    }

    /// Sorts lists by totals if they are still sorted by rate, as in the beginning: no more traffic comes.
    fn sort_by_totals(&mut self) {
        let Self { snapshot, lists, scoped, .. } = self;
        let Snapshot { applications, hosts, flows, .. } = snapshot;
        let [of_applications, of_hosts, of_flows] = lists;
        of_applications.turn(ApplicationRow::RATE, ApplicationRow::BYTES, applications.headings());
        of_hosts.turn(HostRow::RATE, HostRow::SENT, hosts.headings());
        for list in [Some(of_flows), scoped.as_mut().map(|(_, list)| list)].into_iter().flatten() {
            list.turn(FlowRow::RATE, FlowRow::BYTES, flows.headings());
        }
    }

    pub(super) fn scope(&self) -> Option<&Scope> {
        self.scoped.as_ref().map(|(scope, _)| scope)
    }

    /// Total number of flows, and the number missing from the list of flows that is shown, whatever its filter.
    pub(super) fn flows_left_out(&self) -> Option<(u64, u64)> {
        let overview = &self.snapshot.overview;
        let (of, left_out) = match &self.scoped {
            None if self.view == View::Flows => (overview.alive + overview.ended, overview.left_out),
            None => return None,
            Some((scope, list)) => {
                let of = match scope {
                    Scope::Application(name) => {
                        self.snapshot.applications.iter().find(|row| row.name == *name)?.total
                    }
                    Scope::Host(address) => {
                        self.snapshot.hosts.iter().find(|row| row.address == *address)?.flows
                    }
                };
                (of, of.saturating_sub(list.total() as u64))
            }
        };
        (left_out > 0).then_some((of, left_out))
    }

    /// Hosts that are missing from the list of hosts that is shown.
    pub(super) fn hosts_left_out(&self) -> Option<Gone> {
        Some(self.snapshot.overview.gone).filter(|gone| self.shown_view() == View::Hosts && gone.hosts > 0)
    }

    fn shown_view(&self) -> View {
        if self.scoped.is_some() { View::Flows } else { self.view }
    }

    /// The rows of the list that is shown, and the list.
    pub(super) fn shown(&mut self) -> (&dyn Rows, &mut List) {
        let view = self.shown_view();
        let list = match &mut self.scoped {
            Some((_, list)) => list,
            None => &mut self.lists[view as usize],
        };
        let rows: &dyn Rows = match view {
            View::Applications => &self.snapshot.applications,
            View::Hosts => &self.snapshot.hosts,
            View::Flows => &self.snapshot.flows,
        };
        (rows, list)
    }

    /// Brings the list that is shown into order, if need be.
    pub(super) fn arrange(&mut self) {
        if self.details.is_some() || !std::mem::take(&mut self.is_stale) {
            return;
        }
        let Self { snapshot, scoped, .. } = self;
        if let Some((scope, list)) = scoped {
            let flows = &snapshot.flows;
            return list.arrange(flows, |row| flows[row].is_of(scope));
        }
        let (rows, list) = self.shown();
        list.arrange(rows, |_| true);
    }

    pub(super) fn press(&mut self, key: KeyEvent) -> Asked {
        if key.modifiers.contains(KeyModifiers::CONTROL) {
            return match key.code {
                KeyCode::Char('c') => Asked::Interrupt,
                KeyCode::Char('z') => Asked::Suspend,
                KeyCode::Char('u') if self.is_typing => {
                    self.change_filter(String::clear);
                    Asked::Nothing
                }
                _ => Asked::Nothing,
            };
        }
        if let Some(scrolled) = self.help {
            self.help = self.step(key.code).map(|step| step.scroll(scrolled));
            return if key.code == KeyCode::Char('q') { Asked::Quit } else { Asked::Nothing };
        }
        if self.is_typing && self.type_key(key.code) {
            return Asked::Nothing;
        }
        match key.code {
            KeyCode::Char('q') => return Asked::Quit,
            KeyCode::Char('?' | 'h') | KeyCode::F(1) => self.help = Some(0),
            KeyCode::Char('p' | ' ') => self.is_paused = !self.is_paused,
            KeyCode::Char('1') => self.turn_to(View::Applications),
            KeyCode::Char('2') => self.turn_to(View::Hosts),
            KeyCode::Char('3') => self.turn_to(View::Flows),
            KeyCode::Tab => self.turn_to(View::ALL[(self.view as usize + 1) % 3]),
            KeyCode::BackTab => self.turn_to(View::ALL[(self.view as usize + 2) % 3]),
            KeyCode::Esc | KeyCode::Backspace => self.go_back(),
            code if self.details.is_some() => self.press_in_details(code),
            code => self.press_in_list(code),
        }
        Asked::Nothing
    }

    fn press_in_list(&mut self, code: KeyCode) {
        if let Some(step) = self.step(code) {
            self.arrange();
            let (rows, list) = self.shown();
            return list.go(step, rows);
        }
        match code {
            KeyCode::Char('/') => self.is_typing = true,
            KeyCode::Char('<' | ',') | KeyCode::Left => {
                self.sort(|list, rows| list.sort_by_next(rows.headings(), false));
            }
            KeyCode::Char('>' | '.') | KeyCode::Right => {
                self.sort(|list, rows| list.sort_by_next(rows.headings(), true));
            }
            KeyCode::Char('r') => self.sort(|list, _| list.reverse()),
            KeyCode::Enter => self.open(),
            _ => {}
        }
    }

    fn press_in_details(&mut self, code: KeyCode) {
        let step = self.step(code);
        if let (Some(details), Some(step)) = (&mut self.details, step) {
            details.scrolled = step.scroll(details.scrolled);
        }
    }

    fn step(&self, code: KeyCode) -> Option<Step> {
        let page = self.height.saturating_sub(1).max(1);
        Some(match code {
            KeyCode::Up => Step::Up(1),
            KeyCode::Down => Step::Down(1),
            KeyCode::PageUp => Step::Up(page),
            KeyCode::PageDown => Step::Down(page),
            KeyCode::Home => Step::First,
            KeyCode::End => Step::Last,
            KeyCode::Char('k') if !self.is_typing => Step::Up(1),
            KeyCode::Char('j') if !self.is_typing => Step::Down(1),
            _ => return None,
        })
    }

    /// Handles a key while the filter is typed. Returns false if the key does not belong to typing.
    fn type_key(&mut self, code: KeyCode) -> bool {
        match code {
            KeyCode::Char(character) => self.change_filter(|filter| filter.push(character)),
            KeyCode::Backspace if self.filter().is_empty() => self.is_typing = false,
            KeyCode::Backspace => self.change_filter(|filter| {
                filter.pop();
            }),
            KeyCode::Enter => self.is_typing = false,
            KeyCode::Esc => {
                self.is_typing = false;
                self.change_filter(String::clear);
            }
            KeyCode::Left | KeyCode::Right | KeyCode::Tab | KeyCode::BackTab => {}
            _ => return false,
        }
        true
    }

    fn change_filter(&mut self, change: impl FnOnce(&mut String)) {
        let (_, list) = self.shown();
        change(&mut list.filter);
        self.is_stale = true;
    }

    pub(super) fn filter(&mut self) -> &str {
        &self.shown().1.filter
    }

    fn sort(&mut self, change: impl FnOnce(&mut List, &dyn Rows)) {
        let (rows, list) = self.shown();
        change(list, rows);
        self.is_stale = true;
    }

    fn turn_to(&mut self, view: View) {
        self.view = view;
        self.scoped = None;
        self.details = None;
        self.is_stale = true;
    }

    /// Opens the selected row: shows the details of a flow, or the flows of an application or a host.
    fn open(&mut self) {
        self.arrange();
        let (rows, list) = self.shown();
        let scope = match list.selected(rows) {
            None => return,
            Some(Subject::Flow(flow)) => {
                self.details = Some(Details { flow, scrolled: 0 });
                self.snapshot.details = None;
                return;
            }
            Some(Subject::Application(name)) => Scope::Application(name),
            Some(Subject::Host(address)) => Scope::Host(address),
        };
        let flows = &self.lists[View::Flows as usize];
        let list = List::sorted_like(flows);
        self.scoped = Some((scope, list));
        self.is_stale = true;
    }

    /// Closes details, removes the filter, or closes the list of flows of an application or a host.
    fn go_back(&mut self) {
        self.is_stale = true;
        if self.details.take().is_some() {
            return;
        }
        if self.filter().is_empty() {
            self.scoped = None;
        } else {
            self.change_filter(String::clear);
        }
    }
}

/// A common name for the inputs.
pub(super) fn source(inputs: &[Input]) -> String {
    match inputs {
        [input] => printable(&input.to_string()),
        inputs => format!("{} captures", inputs.len()),
    }
}
