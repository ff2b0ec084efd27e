//! «Персональные данные»: one person's record, and the form that changes it.

mod family;
mod gosuslugi;
mod moving;
mod number;

use std::collections::BTreeMap;

use app::page_context::PageContext;
use app::pages::people::personal::{
    Changed, ConflictLine, EditForm, FamilyDone, FieldLine, HistoryLine, Kin, NUMBER_KINDS, NewParent, NumberForm,
    PASSWORD, Pane, PersonPick, PersonalPage, Proof, Record, Source, VERSION, WAS, meta, personal_view,
};
use app::pages::people::{ClassFrame, Tab};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{Conflict, FieldFault, Locale, Password, Permission, PersonField, PersonFields, PersonIdentifier, Target};
use serde::Deserialize;
use services::class_editor::{ChangeError, PastChange};
use services::clock::seconds_until;
use services::fresh_proof::ProofError;
use services::portal::SignInError;
use services::roster::{FieldOrigin, PersonalRecord, RegisterLine};
use services::sessions::Session;
use services::{ClassId, PersonId, Visit};
use uuid::Uuid;

pub(super) use family::{add_parent, remove_parent, rights};
pub(super) use gosuslugi::unlink;
pub(super) use moving::{move_student, return_student};
pub(super) use number::{reveal, set_number};

use super::{change_failure, failure, frame, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;
use crate::state::AppState;

/// The longest text of a field that is shown again.
const LONGEST: usize = 400;

/// `?person=`: whose record; `?edit=1`: the form; `?saved=`: what the post before this page did.
#[derive(Default, Deserialize)]
pub(super) struct Asked {
    person: Option<String>,
    #[serde(default)]
    edit: String,
    #[serde(default)]
    saved: String,
}

/// `GET /people/pupils/{class}/personal`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class = asking.class(id(&class)?).await?;
    let Some(person) = asked.person.as_deref().map(id::<PersonId>).transpose()? else {
        return Ok(asking.draw(StatusCode::OK, class, None, Pane::Nobody));
    };
    let pane = if asked.edit.is_empty() {
        let saved = match asked.saved.as_str() {
            "yes" => Some(true),
            "same" => Some(false),
            _ => None,
        };
        let family = family::done(&asked.saved);
        let number_saved = match asked.saved.as_str() {
            "number" => Some(true),
            "same-number" => Some(false),
            _ => None,
        };
        let number_form = NumberForm { saved: number_saved, ..NumberForm::default() };
        let unlinked = asked.saved == "unlinked";
        let after = After { saved, family, number_form, unlinked, ..After::default() };
        asking.record_pane(&class, person, after).await?
    } else {
        asking.form_pane(&class, person).await?
    };
    Ok(asking.draw(StatusCode::OK, class, Some(person), pane))
}

/// `POST /people/pupils/{class}/personal`: the changed fields of the form.
pub(super) async fn change(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class = asking.class(id(&class)?).await?;
    asking.needs(Permission::EditPersonalData, &class).await?;
    let posted = Posted::read(&fields)?;
    let person = posted.person;
    asking.of_class(&class, person).await?;
    let (status, form) = match asking.store(&posted).await {
        Ok(changed) => {
            let saved = if changed { "yes" } else { "same" };
            let path = Tab::Personal.path(&class.frame.class_id);
            return Ok(Redirect::to(&format!("{path}?person={person}&saved={saved}")).into_response());
        }
        Err(Refused::Failure(failure)) => return Err(failure),
        Err(Refused::Form { status, faults, conflict, proof }) => {
            let form = asking.refused_form(&class, &posted, faults, conflict, proof)?;
            (status, form)
        }
    };
    Ok(asking.draw(status, class, Some(person), Pane::Edit(Box::new(form))))
}

/// A posted form.
struct Posted {
    person: PersonId,
    version: i64,
    values: BTreeMap<PersonField, String>,
    /// What the form showed.
    shown: BTreeMap<PersonField, String>,
    password: Option<String>,
}

impl Posted {
    fn read(fields: &BTreeMap<String, String>) -> Result<Self, Failure> {
        let value = |name: &str| fields.get(name).map_or("", String::as_str);
        let texts = |prefix: &str| {
            let text = |field: PersonField| {
                let text = fields.get(&format!("{prefix}{}", field.code()))?;
                Some((field, text.chars().take(LONGEST).collect::<String>()))
            };
            PersonField::ALL.into_iter().filter_map(text).collect::<BTreeMap<_, _>>()
        };
        Ok(Self {
            person: id(value("person"))?,
            version: value(VERSION).parse().map_err(|_| Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?,
            values: texts(""),
            shown: texts(WAS),
            password: fields.get(PASSWORD).cloned(),
        })
    }

    /// Whether the editor has changed a field. What somebody else changed meanwhile is not the editor's.
    fn is_changed(&self, field: PersonField) -> bool {
        self.values.get(&field) != self.shown.get(&field)
    }

    /// What is to be stored.
    fn changes(&self) -> BTreeMap<PersonField, Option<String>> {
        let changed = self.values.iter().filter(|(field, _)| self.is_changed(**field));
        changed.map(|(field, value)| (*field, Some(value.clone()))).collect()
    }
}

/// The fields of a record as they are typed.
fn typed(fields: &PersonFields) -> Vec<(PersonField, String)> {
    let value = |field: PersonField| fields.get(field).map(|value| field.shown(value)).unwrap_or_default();
    PersonField::ALL.map(|field| (field, value(field))).to_vec()
}

/// Why nothing was stored.
enum Refused {
    /// A page of its own says it.
    Failure(Failure),
    /// The form says it.
    Form {
        status: StatusCode,
        faults: Vec<(PersonField, FieldFault)>,
        conflict: Option<Box<Conflict>>,
        proof: Option<Proof>,
    },
}

impl Refused {
    fn proof(proof: Proof) -> Self {
        let status = StatusCode::UNPROCESSABLE_ENTITY;
        Self::Form { status, faults: Vec::new(), conflict: None, proof: Some(proof) }
    }
}

/// What the post before a record's page did, or asked for.
#[derive(Default)]
struct After<'a> {
    /// The record was changed; or there was nothing to change.
    saved: Option<bool>,
    /// The ID number in clear.
    number: Option<&'a PersonIdentifier>,
    /// What was done to the parents.
    family: Option<FamilyDone>,
    /// A parent was to be added, and was not.
    new_parent: Option<NewParent>,
    /// The ID number was changed, or was not and why.
    number_form: NumberForm,
    /// An account at Gosuslugi was taken away.
    unlinked: bool,
    /// This account is to be taken away, after a proof.
    asked: Option<(String, Proof)>,
}

/// A class with its people.
struct OpenClass {
    frame: ClassFrame,
    target: Target<Uuid>,
    lines: Vec<RegisterLine>,
}

impl OpenClass {
    /// Somebody of this class, by name.
    fn name_of(&self, person: PersonId, locale: Locale) -> Result<String, Failure> {
        self.lines
            .iter()
            .flat_map(|line| std::iter::once(&line.student).chain(&line.parents))
            .find(|line| line.id == person)
            .map(|line| line.name.display(locale))
            .ok_or(Failure::status(StatusCode::NOT_FOUND))
    }
}

/// One request.
struct Asking<'a> {
    state: &'a AppState,
    page: &'a PageContext,
    visit: &'a Visit,
    session: &'a Session,
}

impl Asking<'_> {
    fn fault(&self, error: &services::access::AccessError) -> Failure {
        failure(error, &self.page.request_id)
    }

    /// The class, for whoever may read its people's records.
    async fn class(&self, class: ClassId) -> Result<OpenClass, Failure> {
        let (frame, target) =
            frame::load(self.state, self.page, self.visit, self.session, class, Tab::Personal).await?;
        let portal = &self.state.portal;
        let register = portal.roster().register(self.visit, self.session, class).await;
        let (_, lines) = register.map_err(|error| self.fault(&error))?;
        let class = OpenClass { frame, target, lines };
        self.needs(Permission::ReadPersonalData, &class).await?;
        Ok(class)
    }

    async fn needs(&self, permission: Permission, class: &OpenClass) -> Result<(), Failure> {
        let access = self.state.portal.access();
        access.require(self.visit, self.session, permission, &class.target).await.map_err(|error| self.fault(&error))
    }

    fn may_edit(&self, class: &OpenClass) -> bool {
        self.state.portal.access().has(self.session, Permission::EditPersonalData, &class.target)
    }

    async fn record(&self, class: &OpenClass, person: PersonId) -> Result<PersonalRecord, Failure> {
        self.of_class(class, person).await?;
        let portal = &self.state.portal;
        portal.roster().personal(self.visit, self.session, person).await.map_err(|error| self.fault(&error))
    }

    /// Refuses who is not of this class: the list beside the record is of this class, so nobody else's is opened or
    /// changed here. To whoever has no right to the person at all it is written down.
    async fn of_class(&self, class: &OpenClass, person: PersonId) -> Result<(), Failure> {
        let Err(not_here) = class.name_of(person, self.page.locale) else { return Ok(()) };
        let access = self.state.portal.access();
        let reached = access.person(self.visit, self.session, Permission::ReadPersonalData, person).await;
        reached.map_err(|error| self.fault(&error))?;
        Err(not_here)
    }

    async fn record_pane(&self, class: &OpenClass, person: PersonId, after: After<'_>) -> Result<Pane, Failure> {
        let record = self.record(class, person).await?;
        let name = class.name_of(person, self.page.locale)?;
        let may_edit = self.may_edit(class);
        let number = after.number.map(|number| number.canonical().to_owned());
        let gosuslugi = self.gosuslugi(class, person, &after).await?;
        let new_parent = self.new_parent(class, person, &record.family, after.new_parent);
        let kind = record.id_kind.filter(|kind| NUMBER_KINDS.contains(kind) && !after.number_form.is_refused());
        let number_form = NumberForm {
            version: record.record.version,
            kind: kind.unwrap_or(after.number_form.kind),
            ..after.number_form
        };
        let mut record = Record {
            gosuslugi,
            new_parent,
            family_done: after.family,
            number_form: (may_edit && person != self.session.person_id).then_some(number_form),
            moves: self.moves(class, person),
            ..shown(self.page.locale, name, record, number, may_edit)
        };
        // What the reader is as a parent, others decide.
        let reader = self.session.person_id.to_string();
        for kin in &mut record.family {
            kin.may_remove = may_edit && !kin.is_child && kin.id != reader;
        }
        Ok(Pane::Record { record: Box::new(record), saved: after.saved })
    }

    async fn form_pane(&self, class: &OpenClass, person: PersonId) -> Result<Pane, Failure> {
        self.needs(Permission::EditPersonalData, class).await?;
        let PersonalRecord { record, .. } = self.record(class, person).await?;
        Ok(Pane::Edit(Box::new(EditForm {
            person: record.id.clone(),
            name: class.name_of(person, self.page.locale)?,
            version: record.version,
            values: typed(&record.fields),
            shown: typed(&record.fields),
            faults: Vec::new(),
            conflicts: Vec::new(),
            proof: None,
        })))
    }

    /// The form again, with what was typed. After a conflict it is filled from what is stored now, but for what the
    /// editor has typed: saved once more, it says that both values were seen.
    fn refused_form(
        &self,
        class: &OpenClass,
        posted: &Posted,
        faults: Vec<(PersonField, FieldFault)>,
        conflict: Option<Box<Conflict>>,
        proof: Option<Proof>,
    ) -> Result<EditForm, Failure> {
        let as_posted = |texts: &BTreeMap<PersonField, String>| {
            texts.iter().map(|(field, text)| (*field, text.clone())).collect::<Vec<_>>()
        };
        let (version, shown) = match &conflict {
            Some(conflict) => (conflict.person.version, typed(&conflict.person.fields)),
            None => (posted.version, as_posted(&posted.shown)),
        };
        let values = match &conflict {
            Some(_) => shown
                .iter()
                .map(|(field, stored)| {
                    let own = posted.values.get(field).filter(|_| posted.is_changed(*field));
                    (*field, own.unwrap_or(stored).clone())
                })
                .collect(),
            None => as_posted(&posted.values),
        };
        let conflicts = conflict.map(|conflict| conflict.theirs).unwrap_or_default().into_iter().map(|theirs| {
            let shown = theirs.value.as_deref().map(|value| theirs.field.shown(value));
            ConflictLine { field: theirs.field, theirs: shown, by: theirs.by, at: theirs.at }
        });
        Ok(EditForm {
            person: posted.person.to_string(),
            name: class.name_of(posted.person, self.page.locale)?,
            version,
            values,
            shown,
            faults,
            conflicts: conflicts.collect(),
            proof,
        })
    }

    /// Stores what was typed; whether anything differs from what was there.
    async fn store(&self, posted: &Posted) -> Result<bool, Refused> {
        let proved;
        let actor = match posted.password.as_deref() {
            Some(password) => {
                proved = self.prove(password).await?;
                &proved
            }
            None => self.session,
        };
        let changes = posted.changes();
        if changes.is_empty() {
            return Ok(false);
        }
        let editor = self.state.portal.class_editor();
        match editor.change(self.visit, actor, posted.person, posted.version, &changes, None).await {
            Ok(saved) => Ok(saved.person.version != posted.version),
            Err(ChangeError::Invalid(faults)) => {
                let status = StatusCode::UNPROCESSABLE_ENTITY;
                Err(Refused::Form { status, faults, conflict: None, proof: None })
            }
            Err(ChangeError::Conflict(conflict)) => {
                let status = StatusCode::CONFLICT;
                Err(Refused::Form { status, faults: Vec::new(), conflict: Some(conflict), proof: None })
            }
            Err(ChangeError::ProofNeeded) => Err(Refused::proof(Proof::Needed)),
            Err(error) => Err(Refused::Failure(change_failure(&error, self.state.portal.now(), &self.page.request_id))),
        }
    }

    /// The session after its owner has typed the password.
    async fn prove(&self, password: &str) -> Result<Session, Refused> {
        if password.is_empty() {
            return Err(Refused::proof(Proof::Empty));
        }
        let password = Password::new(password).map_err(|_| Refused::proof(Proof::Wrong))?;
        let now = self.state.portal.now();
        let seconds = |at| u64::from(seconds_until(now, at).max(1));
        match self.state.portal.fresh_proof().give(self.visit, self.session, &password).await {
            Ok(fresh_until) => Ok(Session { fresh_until, ..self.session.clone() }),
            Err(ProofError::NoPassword) => Err(Refused::proof(Proof::NoPassword)),
            Err(ProofError::SignIn(SignInError::Wrong)) => Err(Refused::proof(Proof::Wrong)),
            Err(ProofError::SignIn(SignInError::Wait { retry_at } | SignInError::TooMany { retry_at })) => {
                Err(Refused::proof(Proof::Wait(seconds(retry_at))))
            }
            Err(ProofError::SignIn(SignInError::Busy { retry_after_s })) => {
                Err(Refused::Failure(Failure::busy(retry_after_s)))
            }
            Err(ProofError::SessionEnded) => Err(Refused::Failure(Failure::status(StatusCode::FORBIDDEN))),
            Err(error) => Err(Refused::Failure(Failure::fault(error.code(), &error, &self.page.request_id))),
        }
    }

    fn draw(&self, status: StatusCode, class: OpenClass, chosen: Option<PersonId>, pane: Pane) -> Response {
        let class_id = class.frame.class_id.clone();
        let people = picks(self.page.locale, &class.lines);
        let chosen = chosen.map(|person| person.to_string());
        let data = PersonalPage { frame: class.frame, people, chosen, pane };
        let response = document(status, self.page, meta(self.page, &data), |page| personal_view(page, data));
        frame::remember(response, &class_id)
    }
}

/// The people of a class: each student, and the parents below.
fn picks(locale: Locale, lines: &[RegisterLine]) -> Vec<PersonPick> {
    let mut found = Vec::new();
    for line in lines {
        found.push(PersonPick {
            id: line.student.id.to_string(),
            name: line.student.name.display(locale),
            number: Some(line.number),
            relation: None,
        });
        found.extend(line.parents.iter().map(|parent| PersonPick {
            id: parent.id.to_string(),
            name: parent.name.display(locale),
            number: None,
            relation: parent.relation,
        }));
    }
    found
}

/// A record as the page shows it; `number` is the ID number in clear, where it was asked for.
fn shown(locale: Locale, name: String, record: PersonalRecord, number: Option<String>, may_edit: bool) -> Record {
    let may_reveal = may_edit && number.is_none() && record.id_number_masked.is_some();
    Record {
        id: record.record.id.clone(),
        name,
        fields: record.fields.into_iter().map(field_line).collect(),
        id_number: number.or(record.id_number_masked),
        may_reveal,
        number_form: None,
        classes: record.stays.iter().map(|stay| format!("{}, {}", stay.title, stay.year)).collect(),
        family: record
            .family
            .iter()
            .map(|kin| Kin {
                id: kin.id.to_string(),
                name: kin.name.display(locale),
                relation: kin.relation,
                is_child: kin.is_child,
                may_contact: kin.may_contact,
                may_see: kin.may_see,
                may_remove: false,
            })
            .collect(),
        moves: None,
        new_parent: None,
        family_done: None,
        has_account: record.record.signs_in,
        history: record.history.into_iter().flat_map(history_lines).collect(),
        may_edit,
        gosuslugi: None,
    }
}

fn field_line(origin: FieldOrigin) -> FieldLine {
    FieldLine {
        field: origin.field,
        value: origin.value.map(|value| origin.field.shown(&value)),
        changed_by: origin.changed_by,
        changed_at: origin.changed_at,
        source: match origin.source {
            services::roster::Source::Staff => Source::Staff,
            services::roster::Source::Owner => Source::Oneself,
            services::roster::Source::Roster => Source::Roster,
        },
    }
}

fn history_lines(change: PastChange) -> Vec<HistoryLine> {
    let PastChange { at, by, fields, id_number, .. } = change;
    let line = |what, before, after| HistoryLine { at, by: by.clone(), what, before, after };
    let shown = |field: PersonField, value: Option<String>| value.map(|value| field.shown(&value));
    let fields = fields
        .into_iter()
        .map(|(field, before, after)| line(Changed::Field(field), shown(field, before), shown(field, after)));
    let number = id_number.map(|(before, after)| line(Changed::IdNumber, before, after));
    fields.chain(number).collect()
}
