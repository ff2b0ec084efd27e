//! The editor's words, in the reader's language. The server composes them ([`super::compose`]) and sends them with the
//! page, so that the browser's bundle carries none.
//!
//! Marks in curly braces stand for what is known later: `{n}` a number, `{t}` a time of day, `{who}` a person; [`SLOT`]
//! for an element.
//!
//! [`SLOT`]: crate::text::SLOT

use domain::editor::SaveProblem;
use domain::{FieldFault, LastTry, Locale, NotReady, PersonField, Way};
use serde::{Deserialize, Serialize};

use super::slots::Part;
use crate::text::{Plural, plural_form};

/// A text in its plural forms, with `{n}` for the number.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counted {
    /// [`Plural::One`]
    pub one: String,
    /// [`Plural::Two`]
    pub two: String,
    /// [`Plural::Few`]
    pub few: String,
    /// [`Plural::Many`]
    pub many: String,
    /// [`Plural::Other`]
    pub other: String,
}

impl Counted {
    /// The form that goes with the number, its mark still in it.
    pub fn form(&self, locale: Locale, n: u64) -> &str {
        match plural_form(locale, n) {
            Plural::One => &self.one,
            Plural::Two => &self.two,
            Plural::Few => &self.few,
            Plural::Many => &self.many,
            Plural::Other => &self.other,
        }
    }

    /// The form that goes with the number, with the number in it.
    pub fn of(&self, locale: Locale, n: u64) -> String {
        put(self.form(locale, n), "n", &n.to_string())
    }
}

/// A text with a value in the place of a mark.
pub fn put(text: &str, mark: &str, value: &str) -> String {
    text.replace(&format!("{{{mark}}}"), value)
}

/// How a field is called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldWords {
    /// In the cell, before the value: «тел.»
    pub short: String,
    /// In full: «Телефон»
    pub name: String,
}

/// The head of the page: its columns and what stands above them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeadWords {
    /// «Вход через ЕСИА: 5А»
    pub title: String,
    /// «Обратите внимание: данные сохраняются автоматически»
    pub notice: String,
    /// How the keyboard moves through the table; for assistive technology.
    pub keys: String,
    /// «Ученик»
    pub student: String,
    /// «Готовность»
    pub ready: String,
    /// «Мать»
    pub mother: String,
    /// «Отец»
    pub father: String,
    /// «Опекун»
    pub guardian: String,
    /// «{who}: нет данных»
    pub none: String,
    /// The undo button's label, with its keys.
    pub undo: String,
    /// The redo button's label, with its keys.
    pub redo: String,
    /// «Не готовы: {n}»
    pub not_ready: String,
    /// «{a} из {b}»
    pub of: String,
    /// «[`SLOT`](crate::text::SLOT) могут войти», in the form of the number that may.
    pub able: Counted,
    /// «Показаны {a} из {b}.»
    pub shown: String,
    /// «Показать всех»
    pub show_all: String,
    /// A class without students.
    pub nobody: String,
}

/// The line that says how the page is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StatusWords {
    /// «{n} не сохранено»
    pub failed: Counted,
    /// «{n} расхождение»
    pub conflicts: Counted,
    /// «{n} ждёт вашего пароля»
    pub proof: Counted,
    /// «Сохраняем {n}»
    pub saving: Counted,
    /// «{n} изменение ждёт связи»
    pub waiting: Counted,
    /// «Всё сохранено в {t}»
    pub saved: String,
    /// «Остальное сохранено в {t}»
    pub rest_saved: String,
    /// «Нет связи»
    pub offline: String,
    /// «Вставлено: {n}»
    pub pasted: Counted,
    /// «Не подошло: {n}»
    pub unfit: Counted,
    /// «За пределами таблицы: {n}»
    pub outside: Counted,
    /// The class has other students or parents now than the page shows.
    pub outdated: String,
    /// The link that loads the page again.
    pub reload: String,
    /// The session has ended; what was typed stays on this device.
    pub signed_out: String,
    /// The owner has left, and nothing stays on this device.
    pub signed_out_here: String,
    /// The link to the sign-in page.
    pub sign_in: String,
}

/// What a cell says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CellWords {
    /// «сохранено в {t}»
    pub saved: String,
    /// «сохраняется»
    pub saving: String,
    /// «ждёт связи»
    pub offline: String,
    /// «ждёт очереди»
    pub queued: String,
    /// «Не сохранено: {why}.»
    pub not_saved: String,
    /// «В деле пока пусто.»
    pub stored_nothing: String,
    /// «В деле: [`SLOT`](crate::text::SLOT).»
    pub stored: String,
    /// «Вернуть»
    pub give_up: String,
    /// «Повторить»
    pub retry: String,
    /// «{who}, {t}:»
    pub theirs: String,
    /// «Изменено в {t}:», when nobody of the staff did.
    pub changed: String,
    /// «пусто»
    pub emptied: String,
    /// «Оставить моё»
    pub keep_mine: String,
    /// «Взять это»
    pub take_theirs: String,
    /// Why the editor has to prove who they are.
    pub proof: String,
    /// «Подтвердить»
    pub prove: String,
    /// Why a value is none of its field, by the fault's code: a part of a sentence.
    pub faults: Vec<(String, String)>,
    /// [`SaveProblem::Forbidden`]
    pub forbidden: String,
    /// [`SaveProblem::Gone`]
    pub gone: String,
    /// [`SaveProblem::SignedOut`]
    pub signed_out: String,
    /// [`SaveProblem::Failed`]
    pub failed: String,
}

/// The readiness column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadyWords {
    /// «Готов»
    pub ready: String,
    /// «по СНИЛС»: the ways in, by the way's code.
    pub ways: Vec<(String, String)>,
    /// What stands between two ways.
    pub comma: String,
    /// «войти можно {ways}»
    pub still: String,
    /// «нужен свой контакт ребёнка»
    pub own_contact: String,
    /// What is in the way, by [`issue_code`].
    pub issues: Vec<(String, String)>,
    /// Why the last try failed, by the reason's code.
    pub last_tries: Vec<(String, String)>,
}

/// The form of one row, and who else is here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormWords {
    /// «Изменить»
    pub edit: String,
    /// «Изменить: {who}», for assistive technology.
    pub edit_whom: String,
    /// «Готово»
    pub done: String,
    /// «Вместе с вами: {who}»
    pub with_you: String,
    /// «Сейчас в этом классе: вы и {who}»
    pub here: String,
}

/// The dialog that asks for the password.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProofWords {
    /// The question.
    pub title: String,
    /// Why it is asked.
    pub text: String,
    /// The field's label.
    pub label: String,
    /// The button that goes on.
    pub confirm: String,
    /// The button that leaves it for later.
    pub later: String,
    /// Nothing was typed.
    pub empty: String,
    /// It is another password.
    pub wrong: String,
    /// Too many tries: wait.
    pub wait: String,
    /// The server can't be reached.
    pub offline: String,
    /// The account has no password.
    pub none: String,
}

/// All words of the editor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EditorWords {
    /// Above the table.
    pub head: HeadWords,
    /// The fields, in the order of [`PersonField::ALL`].
    pub fields: Vec<(PersonField, FieldWords)>,
    /// The status line.
    pub status: StatusWords,
    /// The cells.
    pub cell: CellWords,
    /// The readiness.
    pub ready: ReadyWords,
    /// The forms of rows, and who else is here.
    pub form: FormWords,
    /// The dialog.
    pub proof: ProofWords,
}

/// What a list of words says for a code; nothing for a code that it does not know.
fn find<'words>(list: &'words [(String, String)], code: &str) -> &'words str {
    list.iter().find_map(|(known, text)| (known == code).then_some(text.as_str())).unwrap_or_default()
}

impl EditorWords {
    /// How a field is called.
    pub fn field(&self, field: PersonField) -> FieldWords {
        self.fields.iter().find_map(|(known, words)| (*known == field).then(|| words.clone())).unwrap_or_default()
    }

    /// How a column is called.
    pub fn part(&self, part: Part) -> &str {
        match part {
            Part::Student => &self.head.student,
            Part::Mother => &self.head.mother,
            Part::Father => &self.head.father,
            Part::Guardian => &self.head.guardian,
        }
    }

    /// Why a value is none of its field: a part of a sentence.
    pub fn fault(&self, fault: FieldFault) -> &str {
        find(&self.cell.faults, fault.code())
    }

    /// Why the server did not take a change: a part of a sentence.
    pub fn problem(&self, problem: SaveProblem) -> &str {
        match problem {
            SaveProblem::Forbidden => &self.cell.forbidden,
            SaveProblem::Gone => &self.cell.gone,
            SaveProblem::SignedOut => &self.cell.signed_out,
            SaveProblem::Failed => &self.cell.failed,
        }
    }

    /// By which ways the sign-in works: «по СНИЛС, по почте».
    pub fn ways(&self, ways: &[Way]) -> String {
        ways.iter().map(|way| find(&self.ready.ways, way.code())).collect::<Vec<_>>().join(&self.ready.comma)
    }

    /// What is in the way of the sign-in.
    pub fn issue(&self, issue: &NotReady) -> &str {
        find(&self.ready.issues, &issue_code(*issue))
    }

    /// Why the last try failed.
    pub fn last_try(&self, reason: LastTry) -> &str {
        find(&self.ready.last_tries, reason.code())
    }
}

/// An issue's place in the list of words: a shared contact is called by its field and by whom it is shared with.
pub fn issue_code(issue: NotReady) -> String {
    match issue {
        NotReady::SharedContact { field, with } => format!("{}_{}", field.code(), with.code()),
        other => other.code().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_stands_in_the_form_that_goes_with_it() {
        let changes = Counted {
            one: "{n} изменение".to_owned(),
            few: "{n} изменения".to_owned(),
            many: "{n} изменений".to_owned(),
            ..Counted::default()
        };
        assert_eq!(changes.of(Locale::Ru, 21), "21 изменение");
        assert_eq!(changes.of(Locale::Ru, 3), "3 изменения");
        assert_eq!(changes.of(Locale::Ru, 11), "11 изменений");
    }

    #[test]
    fn unknown_codes_say_nothing() {
        let list = [("mobile".to_owned(), "by phone".to_owned())];
        assert_eq!(find(&list, "mobile"), "by phone");
        assert_eq!(find(&list, "pigeon"), "");
    }
}
