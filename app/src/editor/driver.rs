//! The browser's side of the editor. It tells `domain::editor::Editor` what happens, sends what the editor hands out,
//! and shows what the editor says: everything that is decided is decided there.
//!
//! Listeners stand on the editor's element and on the window, not on the cells: a table of hundreds of cells costs one
//! of each.

mod clipboard;
mod dom;
mod forms;
mod live;
mod net;
mod pointer;
mod shelf;
mod typing;

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::rc::{Rc, Weak};
use std::time::Duration;

use domain::editor::{Answer, CellId, CellState, Connection, Editor, PasteResult};
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::JsCast as _;
use web_sys::{Event, HtmlElement, HtmlInputElement};

use super::board::{Look, Pasted, SharedBoard, Trouble};
use super::presence::{PRESENCE_ID, presence_view};
use super::slots::Place;
use live::Live;
use net::Asker;
use shelf::Shelf;

/// The status line says what is new this often, so that it can be listened to.
const TOLD_EVERY: Duration = Duration::from_millis(250);
/// The server's word on readiness is asked for this long after a save.
const READINESS_AFTER: Duration = Duration::from_secs(1);

/// The page's editor and everything around it.
#[allow(clippy::struct_excessive_bools, reason = "each says something of its own")]
struct Driver {
    me: Weak<RefCell<Self>>,
    board: SharedBoard,
    editor: Editor,
    shelf: Shelf,
    live: Live,
    /// The editor's element.
    root: HtmlElement,
    /// The one input: it stands in the cell that is open.
    input: HtmlInputElement,
    /// The tab stop.
    at: Place,
    /// Where the selection begins.
    anchor: Place,
    /// The selected cells, when there is more than one.
    chosen: BTreeSet<CellId>,
    open: Option<Open>,
    timer: Option<TimeoutHandle>,
    /// The status line will be told.
    telling: bool,
    /// Readiness will be asked for.
    asking: bool,
    /// The class will be read again.
    rereading: bool,
    /// The password will be asked for when the open cell is closed.
    proof_due: bool,
    signed_out: bool,
    outdated: bool,
    pasted: Option<Pasted>,
}

/// The cell that is being edited.
struct Open {
    place: Place,
    cell: CellId,
    /// What the editor was told last.
    told: String,
}

/// Wakes the editor as soon as its markup is hydrated.
pub fn start(board: SharedBoard) {
    queue_microtask(move || {
        // A page without its elements stays as it came.
        let _ = Driver::start(board);
    });
}

/// Unix milliseconds.
#[allow(clippy::cast_possible_truncation, reason = "whole milliseconds of this era")]
fn now() -> i64 {
    js_sys::Date::now() as i64
}

impl Driver {
    fn start(board: SharedBoard) -> Option<()> {
        let root = dom::element(super::EDITOR_ID)?;
        let input = document().create_element("input").ok()?.dyn_into::<HtmlInputElement>().ok()?;
        let mut editor = Editor::new(&board.boot.people).owned_by(&board.boot.owner);
        let mut shelf = Shelf::new(&board.boot.people.class.id, &board.boot.owner);
        for journal in shelf.take() {
            // One that is too old, or of another class, is not taken over, and so deleted.
            editor.restore(journal, now());
        }
        if !window().navigator().on_line() {
            editor.connection(Connection::Offline, now());
        }
        let driver = Rc::new_cyclic(|me: &Weak<RefCell<Self>>| {
            RefCell::new(Self {
                me: me.clone(),
                editor,
                shelf,
                live: Live::default(),
                root,
                input,
                at: Place::default(),
                anchor: Place::default(),
                chosen: BTreeSet::new(),
                open: None,
                timer: None,
                telling: false,
                asking: false,
                rereading: false,
                proof_due: false,
                signed_out: false,
                outdated: false,
                pasted: None,
                board,
            })
        });
        driver.borrow().listen();
        driver.borrow_mut().begin();
        // What listens holds it weakly, so that nothing goes round in a circle; it lives as long as the page.
        std::mem::forget(driver);
        Some(())
    }

    fn begin(&mut self) {
        if let Some(element) = dom::element(PRESENCE_ID) {
            let words = self.board.boot.words.form.clone();
            let present = self.board.present;
            hydrate_from(element, move || presence_view(words, present)).forget();
        }
        self.connect();
        self.stop_in_sight();
        self.settle(None);
    }

    fn listen(&self) {
        let me = &self.me;
        let root = self.root.as_ref();
        dom::listen(me, root, "keydown", Self::key);
        dom::listen(me, root, "input", Self::input);
        dom::listen(me, root, "focusin", Self::focus_in);
        dom::listen(me, root, "focusout", Self::focus_out);
        dom::listen(me, root, "mousedown", Self::press_down);
        dom::listen(me, root, "click", Self::click);
        dom::listen(me, root, "submit", Self::submit);
        let page = document();
        dom::listen(me, page.as_ref(), "copy", Self::copy);
        dom::listen(me, page.as_ref(), "paste", Self::paste);
        let window = window();
        dom::listen(me, window.as_ref(), "online", |driver, _: Event| driver.connection(Connection::Online));
        dom::listen(me, window.as_ref(), "offline", |driver, _: Event| driver.connection(Connection::Offline));
        dom::listen(me, window.as_ref(), "beforeunload", Self::before_unload);
        // The last moment that a phone tells of: what stands in the open cell is put on the shelf.
        dom::listen(me, window.as_ref(), "pagehide", |driver, _: Event| driver.leave_open());
    }

    fn asker(&self) -> Asker {
        Asker::new(&self.board.boot.owner)
    }

    /// Does something in a while, if the page is still there.
    fn later(&self, after: Duration, what: impl FnOnce(&mut Self) + 'static) {
        let me = self.me.clone();
        set_timeout(move || dom::with(&me, what), after);
    }

    /// Waits for something, then goes on with what came.
    fn wait_for<T: 'static>(&self, what: impl Future<Output = T> + 'static, then: impl FnOnce(&mut Self, T) + 'static) {
        let me = self.me.clone();
        spawn_local(async move {
            let came = what.await;
            dom::with(&me, |driver| then(driver, came));
        });
    }

    /// After every change: the journal first, then the page, then the requests. `of` names the one person whose cells
    /// may look different now.
    fn settle(&mut self, of: Option<&str>) {
        let mut sends = Vec::new();
        while let Some(send) = self.editor.next(now(), &mut dom::random) {
            sends.push(send);
        }
        self.shelf.keep(&self.editor.journal());
        // What is on its way belongs to people that may be others than the one that was changed.
        let of = of.filter(|person| sends.iter().all(|send| send.person == *person));
        self.show(of);
        for send in sends {
            let key = send.key.clone();
            self.wait_for(self.asker().deliver(send), move |driver, answer| driver.answered(&key, answer));
        }
        self.set_timer();
    }

    fn answered(&mut self, key: &str, answer: Answer) {
        let saved = matches!(answer, Answer::Saved(_));
        let needs_proof = matches!(answer, Answer::ProofNeeded) && self.editor.summary().proof == 0;
        match answer {
            Answer::SignedOut => self.signed_out = true,
            Answer::Saved(_) => self.signed_in(),
            _ => {}
        }
        self.editor.answered(key, answer, now());
        self.settle(None);
        if saved {
            self.ask_readiness();
        }
        // Whoever is in the middle of another cell is not interrupted.
        self.proof_due |= needs_proof;
        self.ask_due_proof();
    }

    /// An answer came that only the owner's session gets.
    fn signed_in(&mut self) {
        if std::mem::take(&mut self.signed_out) {
            self.shelf.is_here();
            self.editor.signed_in(now());
        }
    }

    /// Wakes the editor when it has something to send.
    fn set_timer(&mut self) {
        if let Some(timer) = self.timer.take() {
            timer.clear();
        }
        let Some(at) = self.editor.wake_at() else { return };
        let wait = Duration::from_millis(u64::try_from(at.saturating_sub(now())).unwrap_or_default());
        let me = self.me.clone();
        self.timer = set_timeout_with_handle(move || dom::with(&me, |driver| driver.settle(None)), wait).ok();
    }

    /// Shows what the editor says; cells that look the same are left alone.
    fn show(&mut self, of: Option<&str>) {
        for (cell, signal) in self.board.looks().filter(|(cell, _)| of.is_none_or(|person| cell.person == person)) {
            let look = self.look(cell);
            if signal.with_untracked(|before| *before != look) {
                signal.set(look);
            }
        }
        self.show_form();
        self.tell();
    }

    fn look(&self, cell: &CellId) -> Look {
        let shown = self.editor.shown(cell);
        let mut look = Look {
            shown,
            stored: String::new(),
            open: self.open.as_ref().is_some_and(|open| open.cell == *cell),
            chosen: self.chosen.contains(cell),
        };
        if look.has_failed() {
            look.stored = self.editor.stored(cell).map(|value| cell.field.shown(value)).unwrap_or_default();
        }
        look
    }

    /// Tells the status line, a little later and all at once.
    fn tell(&mut self) {
        if !std::mem::replace(&mut self.telling, true) {
            self.later(TOLD_EVERY, |driver| {
                driver.telling = false;
                driver.tell_now();
            });
        }
    }

    fn tell_now(&self) {
        let summary = self.editor.summary();
        let mut look = self.board.page.get_untracked();
        let unsettled = self.editor.unsettled();
        let trouble = |count: u32, kind: fn(&CellState) -> bool| {
            let places = unsettled.iter().filter(|(_, state)| kind(state));
            Trouble { count, first: places.filter_map(|(cell, _)| self.board.table.place(cell)).min() }
        };
        look.failed = trouble(summary.failed, |state| matches!(state, CellState::Invalid(_) | CellState::Refused(_)));
        look.conflicts = trouble(summary.conflicts, |state| matches!(state, CellState::Conflict(_)));
        look.proof = trouble(summary.proof, |state| *state == CellState::ProofNeeded);
        (look.saving, look.waiting) =
            if summary.offline { (0, summary.queued + summary.saving) } else { (summary.saving + summary.queued, 0) };
        look.saved_at = summary.saved_at;
        look.offline = summary.offline;
        look.signed_out = self.signed_out;
        look.cleared = self.shelf.is_cleared();
        look.outdated = self.outdated;
        look.can_undo = self.editor.can_undo();
        look.can_redo = self.editor.can_redo();
        look.pasted = self.pasted;
        if self.board.page.with_untracked(|before| *before != look) {
            self.board.page.set(look);
        }
    }

    fn pasted(&mut self, result: &PasteResult) {
        let count = |n: usize| u64::try_from(n).unwrap_or(u64::MAX);
        self.pasted = Some(Pasted {
            changed: count(result.changed.len()),
            unfit: count(result.refused.len()),
            outside: count(result.outside),
        });
        self.settle(None);
    }

    fn connection(&mut self, connection: Connection) {
        self.editor.connection(connection, now());
        self.settle(None);
        if connection == Connection::Online {
            self.connect();
        }
    }

    fn before_unload(&mut self, event: web_sys::BeforeUnloadEvent) {
        self.leave_open();
        if self.editor.unsent() {
            event.prevent_default();
            // Older browsers ask by this.
            event.set_return_value("unsent");
        }
    }

    /// What stands in the open cell counts as typed, though the cell stays open.
    fn leave_open(&mut self) {
        if let Some(cell) = self.open.as_ref().map(|open| open.cell.clone()) {
            self.editor.left(&cell, now());
            self.settle(Some(&cell.person));
        }
    }

    /// Whether the row is shown.
    fn shows(&self) -> impl Fn(usize) -> bool + use<> {
        let rows: Vec<_> = self.board.rows.iter().map(|row| row.hidden.get_untracked()).collect();
        move |row| rows.get(row).is_some_and(|hidden| !hidden)
    }

    /// The selected cells in the order of the rows: the one at the tab stop when no more were chosen.
    fn selection(&self) -> Vec<CellId> {
        let shows = self.shows();
        super::moves::column(&self.board.table, &shows, self.anchor, self.at)
            .into_iter()
            .filter_map(|place| self.board.table.cell(place).cloned())
            .collect()
    }
}
