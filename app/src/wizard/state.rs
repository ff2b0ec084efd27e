//! What changes while a wizard's page is open: the page itself, a form on its way, a server that cannot be reached.

use domain::Locale;
use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use super::{Block, Form, WizardPage};

/// The page that is drawn.
#[derive(Clone)]
pub struct Shown {
    /// How many pages this browser window has drawn before it.
    pub turn: u32,
    /// It is the answer to a form that was posted by script.
    pub fresh: bool,
    /// The page.
    pub page: WizardPage,
}

/// The state of the page that is open.
#[derive(Clone, Copy)]
pub struct State {
    locale: Locale,
    shown: RwSignal<Shown>,
    /// The form that is on its way, or leaving the page.
    busy: RwSignal<Option<usize>>,
    offline: RwSignal<bool>,
    news: RwSignal<String>,
}

/// What the blocks of one form share.
#[derive(Clone, Copy)]
pub struct Scope {
    /// The form is on its way.
    pub busy: Signal<bool>,
    /// Counts the changes of what other fields are judged by: radio buttons and tick boxes.
    pub chosen: RwSignal<u32>,
}

impl State {
    /// The state of a page that has just come.
    pub fn new(locale: Locale, page: WizardPage) -> Self {
        Self {
            locale,
            shown: RwSignal::new(Shown { turn: 0, fresh: false, page }),
            busy: RwSignal::new(None),
            offline: RwSignal::new(false),
            news: RwSignal::new(String::new()),
        }
    }

    /// The reader's language.
    pub fn locale(self) -> Locale {
        self.locale
    }

    /// The page to draw.
    pub fn shown(self) -> Shown {
        self.shown.get()
    }

    /// The last form did not reach the server.
    pub fn is_offline(self) -> bool {
        self.offline.get()
    }

    /// What is to be said aloud: the page has turned by itself.
    pub fn news(self) -> String {
        self.news.get()
    }

    /// What the blocks of a form share.
    pub fn form(self, index: usize) -> Scope {
        Scope { busy: Signal::derive(move || self.busy.get() == Some(index)), chosen: RwSignal::new(0) }
    }

    /// Begins what happens by itself: asking again for a page that turns.
    pub fn begin(self) {
        #[cfg(feature = "hydrate")]
        self.begin_in_the_browser();
        #[cfg(not(feature = "hydrate"))]
        let _ = self;
    }

    /// A form's `submit` event. Where it cannot be posted by script, the browser posts it.
    pub fn submit(self, form: usize, names: &[String], event: &SubmitEvent) {
        #[cfg(feature = "hydrate")]
        self.post(form, names, event);
        #[cfg(not(feature = "hydrate"))]
        let _ = (self, form, names, event);
    }
}

/// The names that a form posts.
pub fn names(form: &Form) -> Vec<String> {
    let mut names: Vec<_> = form.hidden.iter().map(|(name, _)| name.clone()).collect();
    for block in &form.blocks {
        match block {
            Block::Field(field) => names.push(field.name.clone()),
            Block::Choices(choices) => names.push(choices.name.clone()),
            Block::Tick(tick) => names.push(tick.name.clone()),
            Block::NewPassword(password) => names.push(password.field.name.clone()),
            Block::Pick(pick) => {
                names.push(pick.name.clone());
                names.extend(pick.more.iter().map(|more| more.name.clone()));
            }
            Block::Text(_)
            | Block::Heading(_)
            | Block::Note { .. }
            | Block::Resend(_)
            | Block::Details { .. }
            | Block::Answers(_)
            | Block::Stages(_)
            | Block::Links(_) => {}
        }
    }
    names
}

/// What is said aloud when a page has turned by itself: the new title and what it is about, or else the stages that
/// moved on.
#[cfg(any(feature = "hydrate", test))]
pub fn news(before: &WizardPage, now: &WizardPage) -> String {
    if before.title != now.title {
        let lead = now.lead.as_ref().map(super::Rich::words);
        return std::iter::once(now.title.clone()).chain(lead).collect::<Vec<_>>().join(". ");
    }
    let stages = |page: &WizardPage| {
        let blocks = page.before.iter().chain(&page.after);
        blocks
            .filter_map(|block| if let Block::Stages(stages) = block { Some(stages.clone()) } else { None })
            .flatten()
            .collect::<Vec<_>>()
    };
    let known = stages(before);
    let moved = stages(now).into_iter().filter(|stage| !known.contains(stage));
    moved.map(|stage| format!("{}: {}", stage.text, stage.word)).collect::<Vec<_>>().join(". ")
}

#[cfg(feature = "hydrate")]
mod in_the_browser {
    use std::time::Duration;

    use leptos::ev;
    use leptos::ev::SubmitEvent;
    use leptos::prelude::*;
    use leptos::task::spawn_local;

    use super::{Shown, State, news};
    use crate::api::wizard;
    use crate::wizard::{Turn, WizardPage, browser};

    /// The longest time between two questions to a server that does not answer.
    const LONGEST_MS: u32 = 30_000;

    impl State {
        pub(super) fn begin_in_the_browser(self) {
            // A page that was left and comes back as it was: nothing is on its way any more.
            let _ = window_event_listener(ev::pageshow, move |event| {
                if event.persisted() {
                    self.busy.set(None);
                }
            });
            Effect::new(move |_| {
                let (turn, wait_ms) = self.shown.with(|shown| (shown.turn, shown.page.refresh_ms));
                if let Some(wait_ms) = wait_ms {
                    self.ask_in(turn, wait_ms);
                }
            });
        }

        pub(super) fn post(self, form: usize, names: &[String], event: &SubmitEvent) {
            // A second press while the first is on its way would ask twice.
            if self.busy.get_untracked().is_some() {
                event.prevent_default();
                return;
            }
            let Some(fields) = browser::fields(event, names) else { return };
            event.prevent_default();
            self.busy.set(Some(form));
            let path = self.path();
            spawn_local(async move {
                match wizard::post(path, fields).await {
                    Ok(Turn::Next(path)) => self.leave_for(&path),
                    Ok(Turn::Again(page)) => self.answered(*page),
                    Err(_) => {
                        self.busy.set(None);
                        self.offline.set(true);
                        let title = self.shown.with_untracked(|shown| shown.page.title.clone());
                        browser::retitle(self.locale, &title, &title, true);
                    }
                }
            });
        }

        /// The form's answer is a page: it is drawn, and the focus goes to what is to be mended, or to its beginning.
        fn answered(self, page: WizardPage) {
            let nothing_wrong = page.problems.is_empty();
            self.busy.set(None);
            if self.offline.get_untracked() {
                self.offline.set(false);
            }
            self.draw(page, true);
            if nothing_wrong {
                request_animation_frame(|| browser::focus_main(true));
            }
        }

        fn draw(self, page: WizardPage, fresh: bool) {
            let before = self.shown.with_untracked(|shown| shown.page.title.clone());
            browser::retitle(self.locale, &before, &page.title, !page.problems.is_empty());
            self.shown.update(|shown| *shown = Shown { turn: shown.turn.wrapping_add(1), fresh, page });
        }

        fn leave_for(self, path: &str) {
            // A refused navigation leaves the page as it is, and the form can be sent again.
            if window().location().assign(path).is_err() {
                self.busy.set(None);
            }
        }

        fn path(self) -> String {
            self.shown.with_untracked(|shown| shown.page.path.clone())
        }

        /// Asks after a while whether the page has turned, as long as it is still the one that is open.
        fn ask_in(self, turn: u32, wait_ms: u32) {
            let ask = move || {
                if self.shown.with_untracked(|shown| shown.turn == turn) {
                    self.ask(turn, wait_ms);
                }
            };
            set_timeout(ask, Duration::from_millis(wait_ms.into()));
        }

        fn ask(self, turn: u32, wait_ms: u32) {
            let path = self.path();
            spawn_local(async move {
                let answer = wizard::now(path).await;
                // The answer to a form is newer; it may also be on its way still.
                if self.shown.with_untracked(|shown| shown.turn != turn) {
                    return;
                }
                if self.busy.get_untracked().is_some() {
                    self.ask_in(turn, wait_ms);
                    return;
                }
                match answer {
                    Ok(Turn::Next(path)) => self.leave_for(&path),
                    Ok(Turn::Again(page)) => self.turned(turn, *page, wait_ms),
                    Err(_) => self.ask_in(turn, wait_ms.saturating_mul(2).min(LONGEST_MS)),
                }
            });
        }

        /// The page as it is now. Where it differs it takes the place of the old one, says so, and leaves the focus
        /// where it is.
        fn turned(self, turn: u32, page: WizardPage, wait_ms: u32) {
            let said = self.shown.with_untracked(|shown| (shown.page != page).then(|| news(&shown.page, &page)));
            let Some(said) = said else {
                self.ask_in(turn, page.refresh_ms.unwrap_or(wait_ms));
                return;
            };
            let focused = browser::focus_is_inside();
            self.draw(page, false);
            self.news.set(said);
            if focused {
                // What had the focus is gone with the old page: its place is kept for whoever goes on by keyboard.
                request_animation_frame(|| browser::focus_main(false));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wizard::{Pick, Rich, Stage, StageState, TextField, Tick};

    #[test]
    fn a_form_posts_all_its_controls() {
        let field = |name: &str| TextField { name: name.to_owned(), ..TextField::default() };
        let form = Form {
            hidden: vec![("ticket".to_owned(), "t".to_owned())],
            blocks: vec![
                Block::Heading("Who".to_owned()),
                Block::Field(field("id_number")),
                Block::Pick(Pick { name: "question".to_owned(), more: Some(field("own_question")), ..Pick::default() }),
                Block::Tick(Tick { name: "consent".to_owned(), ..Tick::default() }),
            ],
            ..Form::default()
        };
        assert_eq!(names(&form), ["ticket", "id_number", "question", "own_question", "consent"]);
    }

    #[test]
    fn what_moved_on_is_said() {
        let stage = |text: &str, state| Stage { text: text.to_owned(), state, word: format!("{state:?}") };
        let page = |title: &str, account, mail| WizardPage {
            title: title.to_owned(),
            lead: Some(Rich::plain("Look into your mail")),
            before: vec![Block::Stages(vec![stage("The account", account), stage("The mail", mail)])],
            ..WizardPage::default()
        };
        let first = page("Wait", StageState::Running, StageState::Waiting);
        let second = page("Wait", StageState::Done, StageState::Running);
        assert_eq!(news(&first, &second), "The account: Done. The mail: Running");
        let last = page("Ready", StageState::Done, StageState::Done);
        assert_eq!(news(&second, &last), "Ready. Look into your mail");
        assert_eq!(news(&last, &last), "");
    }
}
