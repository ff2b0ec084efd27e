//! The way without script: the form of one student's row, with student, mother, father and whoever else there is.
//!
//! The rule: beside each field stands, unseen, the value that the form was drawn with. What was not touched is not
//! sent, so it can neither be lost nor undo what somebody else wrote meanwhile.

use std::collections::BTreeMap;

use domain::editor::as_empty_place;
use domain::{
    ClassPeople, Conflict, Country, FieldFault, Locale, PersonField, PersonFields, PersonSaved, Relation, Theirs,
};
use leptos::prelude::*;

use super::cell::is_name;
use super::row_form::inputmode;
use super::slots::{Part, Slot, slots};
use crate::components::{
    Button, ButtonLook, ErrorItem, ErrorSummary, Field, FieldProps, LinkButton, Note, Tone, error_line,
};
use crate::icons::IconName;
use crate::page_context::PageContext;
use crate::pages::people::{fault_words, field_hint, field_name};
use crate::tr;

/// `name` of the password.
pub const PASSWORD: &str = "password";
/// Values longer than this are none of any field.
const LONGEST: usize = 400;

/// The form.
#[derive(Clone)]
pub struct RowForm {
    /// The student's id.
    pub student: String,
    /// The student's name.
    pub who: String,
    /// Whose phone numbers are meant.
    pub country: Country,
    /// The people of the row.
    pub people: Vec<FormPerson>,
    /// The password is asked for.
    pub proof: Option<ProofAsked>,
    /// Some people of the row were saved, others not.
    pub partly: bool,
}

/// A person of the row.
#[derive(Clone)]
pub struct FormPerson {
    /// As whom.
    pub part: Part,
    /// The person's id, or that of the place that waits for one.
    pub person: String,
    /// The version that the form was drawn with; 0 for an empty place.
    pub version: i64,
    /// The fields.
    pub fields: Vec<FormField>,
}

/// A field of the form.
#[derive(Clone)]
pub struct FormField {
    /// Which.
    pub field: PersonField,
    /// What stands in it.
    pub typed: String,
    /// The canonical value that the form was drawn with.
    pub was: Option<String>,
    /// What is wrong with it.
    pub fault: Option<FieldFault>,
    /// What somebody else wrote meanwhile.
    pub theirs: Option<Theirs>,
}

/// Why the password is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProofAsked {
    /// A contact that somebody signs in with was changed.
    Needed,
    /// It was another password.
    Wrong,
    /// Too many tries.
    Wait,
    /// The account has none.
    None,
}

/// Where a change goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChangeTo {
    /// To a person, by id.
    Person(String),
    /// To a parent of this student who is not on file yet.
    NewParent(String, Relation),
}

/// Changed fields by their canonical values.
pub type Changes = BTreeMap<PersonField, Option<String>>;

impl RowForm {
    /// The form of a student's row; `None` when there is no such student in the class.
    pub fn new(people: &ClassPeople, student: &str, read_only: &[PersonField]) -> Option<Self> {
        let entry = people.students.iter().find(|entry| entry.student.id == student)?;
        let versions: BTreeMap<_, _> = std::iter::once(&entry.student)
            .chain(entry.parents.iter().map(|parent| &parent.person))
            .map(|person| (person.id.as_str(), person.version))
            .collect();
        let person = |slot: &Slot| FormPerson {
            part: slot.part,
            person: slot.person.clone(),
            version: versions.get(slot.person.as_str()).copied().unwrap_or_default(),
            fields: slot
                .part
                .fields()
                .filter(|field| !read_only.contains(field))
                .map(|field| FormField::new(field, &slot.fields))
                .collect(),
        };
        let name = [&entry.student.fields.surname, &entry.student.fields.given_name];
        Some(Self {
            student: student.to_owned(),
            who: name.into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "),
            country: people.class.country,
            people: slots(entry).iter().map(person).collect(),
            proof: None,
            partly: false,
        })
    }

    /// Takes what was posted. People who are not in the row any more are left out.
    pub fn take(&mut self, posted: &[(String, String)]) {
        let value = |name: &str| {
            posted
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.chars().take(LONGEST).collect::<String>())
        };
        // Where each person stood when the form was drawn; a place that was empty may have somebody in it by now.
        let stood = |person: &FormPerson, index: usize| {
            let was = value(&format!("p{index}.person"))?;
            let same = was == person.person || person.fills(&self.student, &was);
            same.then_some((index, was))
        };
        let found: Vec<_> =
            self.people.iter().map(|person| (0..posted.len()).find_map(|index| stood(person, index))).collect();
        for (person, found) in self.people.iter_mut().zip(found) {
            let Some((index, was)) = found else { continue };
            person.person = was;
            if let Some(version) = value(&format!("p{index}.version")).and_then(|text| text.parse().ok()) {
                person.version = version;
            }
            for field in &mut person.fields {
                let name = format!("p{index}.{}", field.field.code());
                let Some(typed) = value(&name) else { continue };
                field.was = value(&format!("{name}.was")).filter(|was| !was.is_empty());
                field.typed = typed;
                if value(&format!("{name}.pick")).as_deref() == Some("theirs") {
                    field.typed = field.was.as_deref().map(|was| field.field.shown(was)).unwrap_or_default();
                }
            }
        }
    }

    /// Something is to be mended before all is saved.
    pub fn has_problems(&self) -> bool {
        let wrong = |field: &FormField| field.fault.is_some() || field.theirs.is_some();
        self.proof.is_some() || self.people.iter().flat_map(|person| &person.fields).any(wrong)
    }
}

impl FormPerson {
    /// Whether this is who stands by now in a place that was empty.
    fn fills(&self, student: &str, place: &str) -> bool {
        as_empty_place(place).is_some_and(|(of, relation)| {
            of == student
                && match relation {
                    Relation::Mother => self.part == Part::Mother,
                    Relation::Father => self.part == Part::Father,
                    Relation::Guardian => false,
                }
        })
    }

    /// Where changes go.
    pub fn target(&self) -> ChangeTo {
        match as_empty_place(&self.person) {
            Some((student, relation)) => ChangeTo::NewParent(student.to_owned(), relation),
            None => ChangeTo::Person(self.person.clone()),
        }
    }

    /// What was changed. What is none of its field is marked, and then nothing is to be sent: `None`.
    pub fn changes(&mut self, country: Country) -> Option<Changes> {
        let mut changes = Changes::new();
        for field in &mut self.fields {
            if !field.is_touched() {
                continue;
            }
            match field.field.judge(country, &field.typed, None) {
                Ok(value) if value == field.was => {}
                Ok(value) => _ = changes.insert(field.field, value),
                Err(fault) => field.fault = Some(fault),
            }
        }
        self.fields.iter().all(|field| field.fault.is_none()).then_some(changes)
    }

    /// The changes were stored.
    pub fn saved(&mut self, saved: &PersonSaved) {
        self.draw(saved.person.id.clone(), saved.person.version, &saved.person.fields, &Changes::new());
    }

    /// Somebody else was faster: both values are shown, and what is chosen is chosen on the newer version.
    pub fn conflict(&mut self, conflict: Conflict, mine: &Changes) {
        let Conflict { person, theirs } = conflict;
        self.draw(person.id, person.version, &person.fields, mine);
        for theirs in theirs {
            if let Some(field) = self.fields.iter_mut().find(|field| field.field == theirs.field) {
                field.theirs = Some(theirs);
            }
        }
    }

    /// What the server does not take.
    pub fn invalid(&mut self, faults: &[(PersonField, FieldFault)]) {
        for (name, fault) in faults {
            if let Some(field) = self.fields.iter_mut().find(|field| field.field == *name) {
                field.fault = Some(*fault);
            }
        }
    }

    /// The person as stored now; fields with a change of mine keep what was typed.
    fn draw(&mut self, person: String, version: i64, stored: &PersonFields, mine: &Changes) {
        self.person = person;
        self.version = version;
        for field in &mut self.fields {
            let now = FormField::new(field.field, stored);
            if mine.contains_key(&field.field) {
                field.was = now.was;
            } else {
                *field = now;
            }
        }
    }
}

impl FormField {
    fn new(field: PersonField, stored: &PersonFields) -> Self {
        let was = stored.get(field).filter(|value| !value.is_empty()).map(str::to_owned);
        let typed = was.as_deref().map(|value| field.shown(value)).unwrap_or_default();
        Self { field, typed, was, fault: None, theirs: None }
    }

    /// Something else stands in the field than the form was drawn with.
    fn is_touched(&self) -> bool {
        let was = self.was.as_deref().map(|value| self.field.shown(value)).unwrap_or_default();
        self.typed.trim() != was.trim()
    }
}

/// The form with its page's heading. `path` is where it is posted to.
pub fn form_view(ctx: &PageContext, path: &str, form: RowForm) -> AnyView {
    let locale = ctx.locale;
    let title = tr!(locale, editor.edit_whom, who = form.who.clone());
    let problems = problems(locale, &form);
    let partly = form.partly.then(|| {
        view! {
            <Note tone=Tone::Warn icon=IconName::Alert role="status">
                <p>{tr!(locale, editor.partly)}</p>
            </Note>
        }
    });
    let people = form.people.into_iter().enumerate().map(|(index, person)| person_view(ctx, index, person));
    let proof = form.proof.map(|asked| proof_view(locale, asked));
    view! {
        <div class="toolbar">
            <div class="title">
                <h1>{title}</h1>
                <p class="muted small">{tr!(locale, editor.form_lead)}</p>
            </div>
        </div>
        <form method="post" action=format!("{path}?edit={}", form.student) class="row-form" novalidate>
            <ErrorSummary title=tr!(locale, sign_in.summary) items=problems />
            {partly}
            <div class="row-people">{people.collect_view()}</div>
            {proof}
            <div class="btns">
                <Button>{tr!(locale, editor.save)}</Button>
                <LinkButton look=ButtonLook::Second href=path.to_owned()>
                    {tr!(locale, editor.cancel)}
                </LinkButton>
            </div>
        </form>
    }
    .into_any()
}

fn field_id(index: usize, field: PersonField) -> String {
    format!("p{index}.{}", field.code())
}

/// What is to be mended, each with the way to its field.
fn problems(locale: Locale, form: &RowForm) -> Vec<ErrorItem> {
    let mut items = Vec::new();
    for (index, person) in form.people.iter().enumerate() {
        for field in &person.fields {
            let text = match (field.fault, &field.theirs) {
                (Some(fault), _) => fault_words(locale, fault).to_owned(),
                (None, Some(_)) => tr!(locale, editor.conflict_pick).to_owned(),
                (None, None) => continue,
            };
            let text = format!("{}: {text}", field_name(locale, field.field));
            items.push(ErrorItem { field: Some(field_id(index, field.field)), text });
        }
    }
    if let Some(asked) = form.proof {
        items.push(ErrorItem { field: Some(PASSWORD.to_owned()), text: proof_text(locale, asked).to_owned() });
    }
    items
}

fn person_view(ctx: &PageContext, index: usize, person: FormPerson) -> AnyView {
    let locale = ctx.locale;
    let legend = match person.part {
        Part::Student => tr!(locale, editor.student),
        Part::Mother => tr!(locale, editor.mother),
        Part::Father => tr!(locale, editor.father),
        Part::Guardian => tr!(locale, editor.guardian),
    };
    let fields = person.fields.into_iter().map(|field| field_view(ctx, index, field));
    view! {
        <fieldset>
            <legend>{legend}</legend>
            <input type="hidden" name=format!("p{index}.person") value=person.person />
            <input type="hidden" name=format!("p{index}.version") value=person.version.to_string() />
            {fields.collect_view()}
        </fieldset>
    }
    .into_any()
}

fn field_view(ctx: &PageContext, index: usize, field: FormField) -> AnyView {
    let locale = ctx.locale;
    let id = field_id(index, field.field);
    let ltr = !is_name(field.field);
    let below = field.theirs.as_ref().map(|theirs| choice_view(ctx, &id, &field, theirs));
    let hidden = view! { <input type="hidden" name=format!("{id}.was") value=field.was.clone().unwrap_or_default() /> };
    let control = Field(FieldProps {
        id: id.clone(),
        name: id,
        label: field_name(locale, field.field).to_owned(),
        hint: field_hint(locale, field.field).map(str::to_owned),
        error: Signal::stored(field.fault.map(|fault| fault_words(locale, fault).to_owned())),
        value: field.typed,
        kind: Signal::stored("text"),
        autocomplete: "off".to_owned(),
        inputmode: inputmode(field.field).map(str::to_owned),
        class: if ltr { "num".to_owned() } else { String::new() },
        maxlength: None,
        ltr,
        node: NodeRef::new(),
        typing: None,
        left: None,
        described: None,
        below,
        children: None,
    });
    (hidden, control).into_any()
}

/// Both values, and the choice between them.
fn choice_view(ctx: &PageContext, id: &str, field: &FormField, theirs: &Theirs) -> AnyView {
    let locale = ctx.locale;
    let when = ctx.moment(theirs.at).human;
    let lead = if theirs.by.is_empty() {
        tr!(locale, editor.conflict_changed, t = when)
    } else {
        tr!(locale, editor.conflict_whose, who = theirs.by.clone(), t = when)
    };
    let emptied = || tr!(locale, editor.emptied).to_owned();
    let other = theirs.value.as_deref().map_or_else(emptied, |value| field.field.shown(value));
    let mine = if field.typed.trim().is_empty() { emptied() } else { field.typed.clone() };
    let radio = |value: &'static str, text: String, checked: bool| {
        view! {
            <label class="tick">
                <input type="radio" name=format!("{id}.pick") value=value checked=checked />
                <bdi>{text}</bdi>
            </label>
        }
    };
    view! {
        <fieldset class="pick-value">
            <legend>{lead} " " {tr!(locale, editor.conflict_pick)}</legend>
            {radio("mine", tr!(locale, editor.conflict_mine, value = mine), true)}
            {radio("theirs", tr!(locale, editor.conflict_theirs, value = other), false)}
        </fieldset>
    }
    .into_any()
}

fn proof_text(locale: Locale, asked: ProofAsked) -> &'static str {
    match asked {
        ProofAsked::Needed => tr!(locale, editor.proof_empty),
        ProofAsked::Wrong => tr!(locale, editor.proof_wrong),
        ProofAsked::Wait => tr!(locale, editor.proof_wait),
        ProofAsked::None => tr!(locale, editor.proof_none),
    }
}

/// The password, asked for in the form itself: so nothing that was typed is lost on the way.
fn proof_view(locale: Locale, asked: ProofAsked) -> AnyView {
    view! {
        <fieldset class="proof">
            <legend>{tr!(locale, editor.proof_title)}</legend>
            <p class="small">{tr!(locale, editor.proof_text)}</p>
            <div class="field has-err">
                <label for=PASSWORD>{tr!(locale, editor.proof_label)}</label>
                {error_line(format!("{PASSWORD}-e"), proof_text(locale, asked).to_owned())}
                <input
                    class="input w-20"
                    id=PASSWORD
                    name=PASSWORD
                    type="password"
                    autocomplete="current-password"
                    aria-invalid="true"
                    aria-describedby=format!("{PASSWORD}-e")
                />
            </div>
        </fieldset>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

    use domain::PersonRecord;

    use super::super::slots::tests::class;
    use super::*;

    fn people() -> ClassPeople {
        let mut people = class(&[&[Relation::Mother]]);
        let student = &mut people.students[0].student;
        student.version = 7;
        student.fields.surname = Some("Карандашова".to_owned());
        student.fields.given_name = Some("Вера".to_owned());
        student.fields.mobile = Some("+79000000021".to_owned());
        people
    }

    fn form() -> RowForm {
        RowForm::new(&people(), "s1", &[PersonField::BirthDate]).unwrap()
    }

    /// What a browser posts for the form, with one field typed into.
    fn posted(form: &RowForm, name: &str, typed: &str) -> Vec<(String, String)> {
        let mut all = Vec::new();
        for (index, person) in form.people.iter().enumerate() {
            all.push((format!("p{index}.person"), person.person.clone()));
            all.push((format!("p{index}.version"), person.version.to_string()));
            for field in &person.fields {
                let id = field_id(index, field.field);
                let value = if id == name { typed.to_owned() } else { field.typed.clone() };
                all.push((format!("{id}.was"), field.was.clone().unwrap_or_default()));
                all.push((id, value));
            }
        }
        all
    }

    fn changes(form: &mut RowForm) -> Vec<Option<Changes>> {
        form.people.iter_mut().map(|person| person.changes(Country::Ru)).collect()
    }

    #[test]
    fn only_what_was_touched_is_changed() {
        let mut form = form();
        let posted = posted(&form, "p0.email", "vera@primer.example");
        form.take(&posted);
        let changes = changes(&mut form);
        assert_eq!(
            changes[0].as_ref().unwrap().get(&PersonField::Email),
            Some(&Some("vera@primer.example".to_owned()))
        );
        assert_eq!(changes[0].as_ref().unwrap().len(), 1);
        assert!(changes[1..].iter().all(|changes| changes.as_ref().unwrap().is_empty()));
        assert_eq!(form.people[0].version, 7);
    }

    #[test]
    fn a_new_way_of_writing_changes_nothing() {
        let mut form = form();
        let posted = posted(&form, "p0.mobile", "8 900 000 00 21");
        form.take(&posted);
        assert!(changes(&mut form)[0].as_ref().unwrap().is_empty());
    }

    #[test]
    fn what_is_none_of_its_field_is_marked_and_kept() {
        let mut form = form();
        let posted = posted(&form, "p0.snils", "200-746-095 00");
        form.take(&posted);
        assert!(changes(&mut form)[0].is_none());
        let snils = form.people[0].fields.iter().find(|field| field.field == PersonField::Snils).unwrap();
        assert_eq!((snils.fault, snils.typed.as_str()), (Some(FieldFault::SnilsCheck), "200-746-095 00"));
        assert!(form.has_problems());
    }

    #[test]
    fn an_empty_place_takes_a_new_parent() {
        let mut form = form();
        let posted = posted(&form, "p2.surname", "Карандашов");
        form.take(&posted);
        assert_eq!(form.people[2].target(), ChangeTo::NewParent("s1".to_owned(), Relation::Father));
        assert_eq!(changes(&mut form)[2].as_ref().unwrap().len(), 1);
    }

    #[test]
    fn in_a_conflict_mine_stays_and_theirs_can_be_taken() {
        let mut form = form();
        form.take(&posted(&form, "p0.mobile", "+7 900 000-00-99"));
        let mine = changes(&mut form).remove(0).unwrap();
        let mut fields = people().students[0].student.fields.clone();
        fields.mobile = Some("+79000000055".to_owned());
        let person = PersonRecord { id: "s1".to_owned(), version: 9, fields, signs_in: false };
        let theirs = Theirs {
            field: PersonField::Mobile,
            value: Some("+79000000055".to_owned()),
            by: "Соколова М. П.".to_owned(),
            at: 0,
        };
        form.people[0].conflict(Conflict { person, theirs: vec![theirs] }, &mine);
        let mobile =
            |form: &RowForm| form.people[0].fields.iter().find(|f| f.field == PersonField::Mobile).unwrap().clone();
        assert_eq!(mobile(&form).typed, "+7 900 000-00-99");
        assert_eq!((form.people[0].version, mobile(&form).was.as_deref()), (9, Some("+79000000055")));

        let mut posted = posted(&form, "", "");
        posted.push(("p0.mobile.pick".to_owned(), "theirs".to_owned()));
        let mut again = self::form();
        again.take(&posted);
        assert!(changes(&mut again)[0].as_ref().unwrap().is_empty());
        posted.last_mut().unwrap().1 = "mine".to_owned();
        again.take(&posted);
        assert_eq!(changes(&mut again)[0].as_ref().unwrap().len(), 1);
    }

    #[test]
    fn strangers_ids_are_left_out() {
        let mut form = form();
        let mut posted = posted(&form, "p0.email", "vera@primer.example");
        posted[0].1 = "somebody-else".to_owned();
        form.take(&posted);
        assert_eq!(form.people[0].person, "s1");
        assert!(changes(&mut form)[0].as_ref().unwrap().is_empty());
    }
}
