//! The editor's data, composed on the server: the class as it is now, and the words in the reader's language.

use domain::{ClassPeople, FieldFault, LastTry, Locale, NotReady, PersonField, Readiness, SharedWith, Way};

use super::boot::EditorBoot;
use super::words::{
    CellWords, Counted, EditorWords, FieldWords, FormWords, HeadWords, ProofWords, ReadyWords, StatusWords, issue_code,
};
use crate::page_context::PageContext;
use crate::pages::people::field_name;
use crate::pages::people::readiness::{last_try, ready_words};
use crate::text::SLOT;
use crate::tr;

/// A counted text with a mark, or an element's place, for its number.
macro_rules! counted {
    ($locale:expr, $key:ident, $n:expr) => {
        Counted {
            one: tr!($locale, editor.$key.one, n = $n),
            two: tr!($locale, editor.$key.two, n = $n),
            few: tr!($locale, editor.$key.few, n = $n),
            many: tr!($locale, editor.$key.many, n = $n),
            other: tr!($locale, editor.$key.other, n = $n),
        }
    };
}

impl EditorBoot {
    /// The editor for one reader. `owner` tells readers apart, `editable` says whether this one may change contacts
    /// here.
    pub fn new(ctx: &PageContext, people: ClassPeople, owner: String, only_unready: bool, editable: bool) -> Self {
        Self {
            words: words(ctx.locale, &people.class.title),
            people,
            owner,
            utc_offset_min: utc_offset_min(ctx),
            only_unready,
            editable,
            // The day of birth comes with the roster; whoever changes it changes who the student is.
            read_only: vec![PersonField::BirthDate],
        }
    }
}

/// How far the school's clock is ahead of UTC now. A time zone that does not exist counts as UTC; the start of the
/// server refuses one.
pub fn utc_offset_min(ctx: &PageContext) -> i32 {
    let now = jiff::Timestamp::from_millisecond(ctx.now).unwrap_or_default();
    jiff::tz::TimeZone::get(&ctx.portal.time_zone).map_or(0, |zone| zone.to_offset(now).seconds() / 60)
}

pub(super) fn words(locale: Locale, class: &str) -> EditorWords {
    EditorWords {
        head: head(locale, class),
        fields: PersonField::ALL.into_iter().map(|field| (field, field_words(locale, field))).collect(),
        status: status(locale),
        cell: cell(locale),
        ready: ready(locale),
        form: FormWords {
            edit: tr!(locale, editor.edit).to_owned(),
            edit_whom: tr!(locale, editor.edit_whom, who = "{who}"),
            done: tr!(locale, editor.done).to_owned(),
            with_you: tr!(locale, editor.with_you, who = "{who}"),
            here: tr!(locale, editor.here, who = "{who}"),
        },
        proof: ProofWords {
            title: tr!(locale, editor.proof_title).to_owned(),
            text: tr!(locale, editor.proof_text).to_owned(),
            label: tr!(locale, editor.proof_label).to_owned(),
            confirm: tr!(locale, editor.proof_confirm).to_owned(),
            later: tr!(locale, editor.proof_later).to_owned(),
            empty: tr!(locale, editor.proof_empty).to_owned(),
            wrong: tr!(locale, editor.proof_wrong).to_owned(),
            wait: tr!(locale, editor.proof_wait).to_owned(),
            offline: tr!(locale, editor.proof_offline).to_owned(),
            none: tr!(locale, editor.proof_none).to_owned(),
        },
    }
}

fn head(locale: Locale, class: &str) -> HeadWords {
    HeadWords {
        title: tr!(locale, editor.title, class = class),
        notice: tr!(locale, editor.notice).to_owned(),
        keys: tr!(locale, editor.keys).to_owned(),
        student: tr!(locale, editor.student).to_owned(),
        ready: tr!(locale, editor.ready).to_owned(),
        mother: tr!(locale, editor.mother).to_owned(),
        father: tr!(locale, editor.father).to_owned(),
        guardian: tr!(locale, editor.guardian).to_owned(),
        none: tr!(locale, editor.none, who = "{who}"),
        undo: tr!(locale, editor.undo).to_owned(),
        redo: tr!(locale, editor.redo).to_owned(),
        not_ready: tr!(locale, editor.not_ready, n = "{n}"),
        of: tr!(locale, editor.of, a = "{a}", b = "{b}"),
        able: counted!(locale, able, SLOT),
        shown: tr!(locale, editor.shown, a = "{a}", b = "{b}"),
        show_all: tr!(locale, editor.show_all).to_owned(),
        nobody: tr!(locale, editor.nobody).to_owned(),
    }
}

fn field_words(locale: Locale, field: PersonField) -> FieldWords {
    let short = match field {
        PersonField::Surname => tr!(locale, editor.s_surname),
        PersonField::GivenName => tr!(locale, editor.s_given_name),
        PersonField::Patronymic => tr!(locale, editor.s_patronymic),
        PersonField::BirthDate => tr!(locale, editor.s_birth_date),
        PersonField::Snils => tr!(locale, editor.s_id_snils),
        PersonField::Mobile => tr!(locale, editor.s_mobile),
        PersonField::Email => tr!(locale, editor.s_email),
    };
    FieldWords { short: short.to_owned(), name: field_name(locale, field).to_owned() }
}

/// What is said about saving.
pub fn status(locale: Locale) -> StatusWords {
    StatusWords {
        failed: counted!(locale, failed, "{n}"),
        conflicts: counted!(locale, conflicts, "{n}"),
        proof: counted!(locale, proof, "{n}"),
        saving: counted!(locale, saving, "{n}"),
        waiting: counted!(locale, waiting, "{n}"),
        saved: tr!(locale, editor.saved, t = "{t}"),
        rest_saved: tr!(locale, editor.rest_saved, t = "{t}"),
        offline: tr!(locale, editor.offline).to_owned(),
        pasted: counted!(locale, pasted, "{n}"),
        unfit: counted!(locale, unfit, "{n}"),
        outside: counted!(locale, outside, "{n}"),
        outdated: tr!(locale, editor.outdated).to_owned(),
        reload: tr!(locale, editor.reload).to_owned(),
        signed_out: tr!(locale, editor.signed_out).to_owned(),
        signed_out_here: tr!(locale, editor.signed_out_here).to_owned(),
        sign_in: tr!(locale, editor.sign_in).to_owned(),
    }
}

fn cell(locale: Locale) -> CellWords {
    CellWords {
        saved: tr!(locale, editor.saved_at, t = "{t}"),
        saving: tr!(locale, editor.saving_now).to_owned(),
        offline: tr!(locale, editor.waits_offline).to_owned(),
        queued: tr!(locale, editor.waits_turn).to_owned(),
        not_saved: tr!(locale, editor.not_saved, why = "{why}"),
        stored_nothing: tr!(locale, editor.stored_nothing).to_owned(),
        stored: tr!(locale, editor.stored, value = SLOT),
        give_up: tr!(locale, editor.give_up).to_owned(),
        retry: tr!(locale, editor.retry).to_owned(),
        theirs: tr!(locale, editor.theirs, who = "{who}", t = "{t}"),
        changed: tr!(locale, editor.changed, t = "{t}"),
        emptied: tr!(locale, editor.emptied).to_owned(),
        keep_mine: tr!(locale, editor.keep_mine).to_owned(),
        take_theirs: tr!(locale, editor.take_theirs).to_owned(),
        proof: tr!(locale, editor.proof_why).to_owned(),
        prove: tr!(locale, editor.prove).to_owned(),
        faults: FieldFault::ALL
            .into_iter()
            .map(|fault| (fault.code().to_owned(), fault_part(locale, fault).to_owned()))
            .collect(),
        forbidden: tr!(locale, editor.no_rights).to_owned(),
        gone: tr!(locale, editor.gone).to_owned(),
        signed_out: tr!(locale, editor.session_over).to_owned(),
        failed: tr!(locale, editor.server_failed).to_owned(),
    }
}

/// Why a value is none of its field: the part of a sentence that goes behind «Не сохранено:».
fn fault_part(locale: Locale, fault: FieldFault) -> &'static str {
    match fault {
        FieldFault::Required => tr!(locale, editor.fault_required),
        FieldFault::TooLong => tr!(locale, editor.fault_too_long),
        FieldFault::Characters => tr!(locale, editor.fault_characters),
        FieldFault::NoLetter => tr!(locale, editor.fault_no_letter),
        FieldFault::Date => tr!(locale, editor.fault_date),
        FieldFault::NoSuchDay => tr!(locale, editor.fault_no_such_day),
        FieldFault::DateFuture => tr!(locale, editor.fault_date_future),
        FieldFault::SnilsDigits => tr!(locale, editor.fault_snils_digits),
        FieldFault::SnilsLength => tr!(locale, editor.fault_snils_length),
        FieldFault::SnilsCheck => tr!(locale, editor.fault_snils_check),
        FieldFault::SnilsTaken => tr!(locale, editor.fault_snils_taken),
        FieldFault::MobileShort => tr!(locale, editor.fault_mobile_short),
        FieldFault::MobileLong => tr!(locale, editor.fault_mobile_long),
        FieldFault::MobileLandline => tr!(locale, editor.fault_mobile_landline),
        FieldFault::MobileStar => tr!(locale, editor.fault_mobile_star),
        FieldFault::MobileCountry => tr!(locale, editor.fault_mobile_country),
        FieldFault::Mobile => tr!(locale, editor.fault_mobile),
        FieldFault::Email => tr!(locale, editor.fault_email),
    }
}

/// The readiness in the words of the register, each by its code, since it changes while the page is open.
fn ready(locale: Locale) -> ReadyWords {
    let status = |issue: Option<NotReady>| {
        ready_words(locale, &Readiness { can: issue.is_none(), by: Vec::new(), issue }).status.to_owned()
    };
    let shared = [PersonField::Mobile, PersonField::Email]
        .into_iter()
        .flat_map(|field| SharedWith::ALL.into_iter().map(move |with| NotReady::SharedContact { field, with }));
    let issues = [NotReady::NeedsContact, NotReady::SnilsInvalid, NotReady::NotSeenYet]
        .into_iter()
        .chain(shared)
        .chain([NotReady::LastTryFailed { reason: LastTry::ContactDiffers }]);
    let way = |way: Way| match way {
        Way::Link => tr!(locale, people.by_link),
        Way::Snils => tr!(locale, people.by_snils),
        Way::Email => tr!(locale, people.by_email),
        Way::Mobile => tr!(locale, people.by_mobile),
    };
    ReadyWords {
        ready: status(None),
        ways: Way::ALL.into_iter().map(|code| (code.code().to_owned(), way(code).to_owned())).collect(),
        comma: if locale == Locale::Ar { "، " } else { ", " }.to_owned(),
        still: tr!(locale, people.still_can, ways = "{ways}"),
        own_contact: tr!(locale, people.own_contact).to_owned(),
        issues: issues.map(|issue| (issue_code(issue), status(Some(issue)))).collect(),
        last_tries: LastTry::ALL
            .into_iter()
            .map(|reason| (reason.code().to_owned(), last_try(locale, reason).to_owned()))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_that_can_be_said_has_words() {
        for locale in Locale::ALL {
            let words = words(locale, "5А");
            assert!(words.head.title.contains("5А"));
            for fault in FieldFault::ALL {
                assert!(!words.fault(fault).is_empty(), "{locale:?} {fault:?}");
            }
            for field in PersonField::ALL {
                assert!(!words.field(field).short.is_empty(), "{locale:?} {field:?}");
            }
            for field in [PersonField::Mobile, PersonField::Email] {
                for with in SharedWith::ALL {
                    assert!(!words.issue(&NotReady::SharedContact { field, with }).is_empty(), "{locale:?} {with:?}");
                }
            }
            for reason in LastTry::ALL {
                assert!(!words.issue(&NotReady::LastTryFailed { reason }).is_empty());
                assert!(!words.last_try(reason).is_empty(), "{locale:?} {reason:?}");
            }
            assert!(words.ways(&Way::ALL).contains(words.ready.comma.trim()), "{locale:?}");
            let as_json = serde_json::to_string(&words).unwrap_or_default();
            assert!(!as_json.contains("\"\""), "{locale:?}: a word is missing: {as_json}");
        }
    }

    #[test]
    fn marks_stand_where_values_go() {
        let words = words(Locale::Ru, "5А");
        assert_eq!(words.status.waiting.of(Locale::Ru, 3), "3 изменения ждут связи");
        assert!(words.head.able.form(Locale::Ru, 21).contains(SLOT));
        assert!(words.cell.stored.contains(SLOT));
    }
}
