//! A wizard's page as data: the server composes it in the reader's language, both sides draw it with the same view.
//!
//! The rule: no text is looked up in the browser. So the wizards' words cost the bundle nothing, and one view, one
//! submit and one server function serve every step of every wizard. Values that are typed come back in
//! [`TextField::value`]; secrets never do.

use domain::{IdKind, Policy};
use serde::{Deserialize, Serialize};

use crate::components::Tone;
use crate::icons::IconName;

/// One page of a wizard.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WizardPage {
    /// The page's own path: every form posts to it.
    pub path: String,
    /// Names of all steps; empty for a page outside the steps (an expired link, a forgotten password).
    pub steps: Vec<String>,
    /// The step one is at, counted from 0.
    pub current: usize,
    /// Leads to the step before.
    pub back: Option<Link>,
    /// `<h1>`, and the window's title.
    pub title: String,
    /// What the page is about, under the title.
    pub lead: Option<Rich>,
    /// What was wrong with the form that was posted; empty when nothing was.
    pub problems: Vec<ProblemLine>,
    /// Title of the list of problems.
    pub problems_title: String,
    /// Stands between the lead and the forms.
    pub before: Vec<Block>,
    /// The forms, the main one first.
    pub forms: Vec<Form>,
    /// Stands after the forms.
    pub after: Vec<Block>,
    /// The box beside the panel: help line, guide, video.
    pub aside: Option<Aside>,
    /// The page turns into its next state by itself: the browser asks again after so many milliseconds.
    pub refresh_ms: Option<u32>,
}

/// One thing to mend.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProblemLine {
    /// `id` of the control; `None` when no field is at fault.
    pub field: Option<String>,
    /// The sentence that says what to write or do.
    pub text: String,
}

/// A link in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Where it leads.
    pub href: String,
    /// Its words.
    pub text: String,
}

/// A text with links and left-to-right parts in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rich(pub Vec<Span>);

/// A part of a [`Rich`] text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Span {
    /// The words.
    pub text: String,
    /// Where they lead, if anywhere.
    pub href: Option<String>,
    /// Numbers, codes and addresses: left to right in every language.
    pub ltr: bool,
    /// Important.
    pub strong: bool,
    /// Opens in a new window, so that a half-filled form is not left.
    pub new_window: bool,
}

/// One form. Posts to the page's path.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Form {
    /// `name` of the form, by which tests tell it apart: `main`, `resend`, `mobile`.
    pub name: String,
    /// Names and values that are posted unseen.
    pub hidden: Vec<(String, String)>,
    /// Heading above a form that is not the page's main one.
    pub heading: Option<String>,
    /// What the form shows.
    pub blocks: Vec<Block>,
    /// Its button's words; `None` for a form whose button is part of a block.
    pub button: Option<String>,
    /// The page's one main action; others look second.
    pub primary: bool,
    /// An arrow behind the button's words: it leads to the next step.
    pub forward: bool,
}

/// What a page or a form is made of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// A paragraph.
    Text(Rich),
    /// A second heading.
    Heading(String),
    /// A banner.
    Note {
        /// What it is about.
        tone: Tone,
        /// Its icon.
        icon: IconName,
        /// `status` for what just happened.
        role: Option<String>,
        /// What it says.
        text: Rich,
    },
    /// A labelled input.
    Field(TextField),
    /// Radio buttons.
    Choices(Choices),
    /// One tick box.
    Tick(Tick),
    /// A drop-down.
    Pick(Pick),
    /// The new password with the live list of what is missing.
    NewPassword(NewPassword),
    /// "Send again": a countdown until it can be pressed.
    Resend(Resend),
    /// Opens on request.
    Details {
        /// What is asked.
        summary: String,
        /// The answer.
        text: Rich,
    },
    /// Answers to be checked, each with a link that changes it.
    Answers(Vec<AnswerRow>),
    /// What a background job has done so far.
    Stages(Vec<Stage>),
    /// Links, one under the other, the first looking like a button.
    Links(Vec<Link>),
}

/// A labelled input.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TextField {
    /// `id` and `name`.
    pub name: String,
    /// The label.
    pub label: String,
    /// What helps before a mistake is made.
    pub hint: Option<String>,
    /// The sentence that says what to write instead.
    pub error: Option<String>,
    /// What stands in it; empty for secrets.
    pub value: String,
    /// `type`: `text`, `email`, `tel`, `password`.
    pub kind: String,
    /// `autocomplete` token.
    pub autocomplete: String,
    /// `inputmode`.
    pub inputmode: Option<String>,
    /// More classes: `w-10 num`, `code`.
    pub class: String,
    /// Longest text that is taken, in UTF-16 units.
    pub maxlength: Option<u16>,
    /// The content runs from left to right in every language.
    pub ltr: bool,
    /// Looked at in the browser as soon as the field is left.
    pub check: Option<LocalCheck>,
    /// Words of the button that shows a secret; `None` for what is no secret.
    pub reveal: Option<Reveal>,
}

/// Words of the button beside a secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reveal {
    /// "Show"
    pub show: String,
    /// "Hide"
    pub hide: String,
    /// "Show password", for assistive technology.
    pub show_label: String,
    /// "Hide password"
    pub hide_label: String,
}

/// What can be found wrong without asking the server: by the rules of `domain`, with the server's words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LocalCheck {
    /// By which rule.
    pub rule: LocalRule,
    /// Sentences by the error's stable code (`IdentifierError::code`, `BirthDateError::code`, …). A sentence for one
    /// kind of number has the kind's code and a dot before it (`ru_snils.too_long`). A code without a sentence is left
    /// to the server.
    pub texts: Vec<(String, String)>,
}

/// The rules that the browser knows.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum LocalRule {
    /// An ID number; the kind is that of the radio buttons with this name, or the one given.
    Identifier {
        /// The kind when there are no radio buttons.
        kind: IdKind,
        /// `name` of the radio buttons that choose the kind.
        chosen_by: Option<String>,
        /// `name` of a tick box that says that the number has no check digit.
        unchecked_by: Option<String>,
    },
    /// A birth date.
    BirthDate,
    /// An e-mail address.
    Email,
    /// A mobile number, Israeli when nothing says otherwise. `kept` is a text that stands for "as it was".
    Mobile {
        /// The masked number that the field holds at first.
        kept: Option<String>,
    },
}

/// Radio buttons.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choices {
    /// `name`.
    pub name: String,
    /// The legend.
    pub legend: String,
    /// What helps before a mistake is made.
    pub hint: Option<String>,
    /// What is wrong.
    pub error: Option<String>,
    /// Value, words and the words' language (`he`), if it is not the page's.
    pub options: Vec<ChoiceOption>,
    /// The chosen value.
    pub chosen: String,
}

/// One of several.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// What is posted.
    pub value: String,
    /// What is read.
    pub text: String,
    /// The words' language, when it is not the page's.
    pub lang: Option<String>,
}

/// One tick box. Never ticked by us when it stands for a consent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tick {
    /// `id` and `name`.
    pub name: String,
    /// What is posted when it is ticked.
    pub value: String,
    /// The words, with links.
    pub text: Rich,
    /// What helps before a mistake is made.
    pub hint: Option<String>,
    /// What is wrong.
    pub error: Option<String>,
    /// Ticked.
    pub ticked: bool,
}

/// A drop-down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pick {
    /// `id` and `name`.
    pub name: String,
    /// The label.
    pub label: String,
    /// What helps before a mistake is made.
    pub hint: Option<String>,
    /// What is wrong.
    pub error: Option<String>,
    /// What can be chosen.
    pub options: Vec<ChoiceOption>,
    /// The chosen value.
    pub chosen: String,
    /// The value that opens `more`; without script `more` is always open.
    pub more_when: Option<String>,
    /// A further field for that value.
    pub more: Option<TextField>,
}

/// A new password with the live list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewPassword {
    /// The input.
    pub field: TextField,
    /// The policy.
    pub policy: Policy,
    /// A second factor always follows: a shorter password will do.
    pub second_factor: bool,
    /// Words that the browser may know anyway: the user code and the names. The rest is looked at by the server.
    pub user_code: Option<String>,
    /// Surname, given name, patronymic.
    pub names: Vec<String>,
    /// The portal's names.
    pub service_names: Vec<String>,
    /// The list's words.
    pub texts: PolicyTexts,
    /// The list as the server sees it: for an empty field, or after a refused form.
    pub lines: Vec<PolicyLine>,
    /// "The password policy": opens on request.
    pub about: String,
    /// The policy in full.
    pub about_text: String,
}

/// Words of the live list, by code. `{a}` and `{b}` stand for figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyTexts {
    /// A requirement that is met, or not looked at yet, by `Requirement`'s code: `length` (`{a}` least, `{b}` most),
    /// `only_latin_letters_and_digits`, `letter`, `digit`, `nothing_personal`, `not_the_service`, `not_common`,
    /// `hard_to_guess`. One that has no words here is not listed.
    pub requirements: Vec<(String, String)>,
    /// Why it is not met, by `Unmet`'s code: `too_short` (`{a}` least, `{b}` typed), `too_long` (`{a}` most, `{b}`
    /// typed), `common`, `guessable`, `guessable.keyboard_pattern` …; each says what would help.
    pub unmet: Vec<(String, String)>,
    /// "Still missing: {a}"
    pub missing: String,
    /// "Nothing is missing"
    pub complete: String,
    /// "met", for assistive technology.
    pub met: String,
}

/// One line of the live list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PolicyLine {
    /// Whether it is met.
    pub met: bool,
    /// Looked at, and not met: a cross instead of a ring.
    pub failed: bool,
    /// The words.
    pub text: String,
}

/// "Send again".
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resend {
    /// Seconds until it can be pressed.
    pub wait_s: u32,
    /// "You can ask for a new code in {a}", `{a}` a clock.
    pub clock: String,
    /// The same in words, for pages without script.
    pub words: String,
    /// The button.
    pub button: String,
    /// Said instead of the button when no more can be sent now.
    pub none: Option<String>,
}

/// An answer to be checked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AnswerRow {
    /// What was asked.
    pub name: String,
    /// What was answered.
    pub value: String,
    /// The answer runs from left to right in every language.
    pub ltr: bool,
    /// Leads to the question.
    pub change: Option<Link>,
    /// For assistive technology: "Change the e-mail address".
    pub change_label: String,
}

/// A step of a background job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// What it is.
    pub text: String,
    /// How far it is.
    pub state: StageState,
    /// The state in words.
    pub word: String,
}

/// How far a step of a background job is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum StageState {
    /// Not begun.
    Waiting,
    /// Under way.
    Running,
    /// Done.
    Done,
}

/// The box beside the panel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    /// Its heading.
    pub heading: String,
    /// Its paragraphs.
    pub texts: Vec<Rich>,
    /// Its links.
    pub links: Vec<Link>,
}

/// What a posted form leads to.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Turn {
    /// Another page, a path of this portal.
    Next(String),
    /// The same page: with what is to be mended, or in its newer state.
    Again(Box<WizardPage>),
}

impl Rich {
    /// Words alone.
    pub fn plain(text: impl Into<String>) -> Self {
        Self(vec![Span::plain(text)])
    }

    /// A text with a part in the place of [`SLOT`](crate::text::SLOT).
    pub fn around(text: &str, part: Span) -> Self {
        let (before, after) = text.split_once(crate::text::SLOT).unwrap_or((text, ""));
        let parts = [Span::plain(before), part, Span::plain(after)];
        Self(parts.into_iter().filter(|part| !part.text.is_empty()).collect())
    }

    /// The words without what they look like.
    pub fn words(&self) -> String {
        self.0.iter().map(|part| part.text.as_str()).collect()
    }
}

impl Span {
    /// Words.
    pub fn plain(text: impl Into<String>) -> Self {
        Self { text: text.into(), href: None, ltr: false, strong: false, new_window: false }
    }

    /// A number, code or address.
    pub fn ltr(text: impl Into<String>) -> Self {
        Self { ltr: true, ..Self::plain(text) }
    }

    /// Words that lead somewhere.
    pub fn link(text: impl Into<String>, href: impl Into<String>) -> Self {
        Self { href: Some(href.into()), ..Self::plain(text) }
    }
}
