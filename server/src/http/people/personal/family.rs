//! The parents of a student, as the forms on the student's record change them: what each may, who is one, who is none.

use std::collections::BTreeMap;

use app::pages::people::PersonForm;
use app::pages::people::personal::{
    FamilyDone, MAY_CONTACT, MAY_SEE, NewParent, PARENT, PARENT_FIELDS, RELATION, SHOWN_RIGHTS,
};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::{FieldFault, Permission, PersonField, Relation};
use services::access::AccessError;
use services::class_editor::ChangeError;
use services::roster::{Relative, RightsChange};
use services::{ClassId, PersonId};

use super::{After, Asking, LONGEST, OpenClass, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::people::{change_failure, typed_person};

/// `?saved=` after what parents may was changed.
const RIGHTS: &str = "rights";
/// `?saved=` when that was so already.
const SAME: &str = "same-rights";
/// `?saved=` after a parent was added.
const ADDED: &str = "parent-added";
/// `?saved=` after a parent was taken away.
const REMOVED: &str = "parent-removed";

/// What the post before a record's page did to the parents.
pub(super) fn done(saved: &str) -> Option<FamilyDone> {
    match saved {
        RIGHTS => Some(FamilyDone::Rights),
        SAME => Some(FamilyDone::Same),
        ADDED => Some(FamilyDone::Added),
        REMOVED => Some(FamilyDone::Removed),
        _ => None,
    }
}

/// Back to the record, at the parents.
fn to_parents(class: &OpenClass, student: PersonId, saved: &str) -> Response {
    let path = class.frame.path();
    Redirect::to(&format!("{path}?person={student}&saved={saved}#rights")).into_response()
}

/// `POST /people/pupils/{class}/personal/rights`: what the reader changed, and only that.
pub(in crate::http::people) async fn rights(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class = asking.class(id(&class)?).await?;
    let person = fields.iter().find(|(name, _)| name == "person").map_or("", |(_, value)| value.as_str());
    let student: PersonId = id(person)?;
    asking.needs(Permission::EditPersonalData, &class).await?;
    asking.of_class(&class, student).await?;
    let roster = state.portal.roster();
    let mut changed = false;
    for (parent, change) in changes(&fields) {
        match roster.set_guardian_rights(&visit, &session, student, parent, change).await {
            Ok(done) => changed |= done,
            // Who is no parent of theirs any more has nothing to be changed.
            Err(AccessError::NotFound) => {}
            Err(error) => return Err(asking.fault(&error)),
        }
    }
    Ok(to_parents(&class, student, if changed { RIGHTS } else { SAME }))
}

/// `POST /people/pupils/{class}/personal/parents`: one more who stands for a student.
pub(in crate::http::people) async fn add_parent(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class_id: ClassId = id(&class)?;
    let class = asking.class(class_id).await?;
    let found = state.portal.access().class(&visit, &session, Permission::EditPersonalData, class_id).await;
    let found = found.map_err(|error| asking.fault(&error))?;
    let text = |name: &str| fields.get(name).map_or("", String::as_str).chars().take(LONGEST).collect::<String>();
    let student: PersonId = id(&text("person"))?;
    asking.of_class(&class, student).await?;
    let relation = Relation::from_code(&text(RELATION)).ok_or(Failure::status(StatusCode::UNPROCESSABLE_ENTITY))?;
    let (mut person, judged) = typed_person(found.country, found.locale, &PARENT_FIELDS, None, text);
    let mut is_taken = false;
    if judged.is_some() {
        match asking.add(student, relation, &person).await? {
            Added::Done => return Ok(to_parents(&class, student, ADDED)),
            Added::Taken => is_taken = true,
            Added::Invalid(faults) => person.faults = faults,
        }
    }
    let status = if is_taken { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
    let refused = NewParent { relations: Vec::new(), relation, is_taken, person };
    let after = After { new_parent: Some(refused), ..After::default() };
    let pane = asking.record_pane(&class, student, after).await?;
    Ok(asking.draw(status, class, Some(student), pane))
}

/// `POST /people/pupils/{class}/personal/parents/remove`: who is no parent of a student any more.
pub(in crate::http::people) async fn remove_parent(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<BTreeMap<String, String>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let class = asking.class(id(&class)?).await?;
    asking.needs(Permission::EditPersonalData, &class).await?;
    let named = |name: &str| id::<PersonId>(fields.get(name).map_or("", String::as_str));
    let (student, parent) = (named("person")?, named(PARENT)?);
    asking.of_class(&class, student).await?;
    let removed = state.portal.roster().remove_guardian(&visit, &session, student, parent).await;
    removed.map_err(|error| asking.fault(&error))?;
    Ok(to_parents(&class, student, REMOVED))
}

/// What became of a parent who was to be added.
enum Added {
    Done,
    /// There is a mother or a father already, with other data.
    Taken,
    /// Values that the service does not take.
    Invalid(Vec<(PersonField, FieldFault)>),
}

impl Asking<'_> {
    async fn add(&self, student: PersonId, relation: Relation, form: &PersonForm) -> Result<Added, Failure> {
        let typed = form.values.iter().filter(|(_, text)| !text.trim().is_empty());
        let changes: BTreeMap<_, _> = typed.map(|(field, text)| (*field, Some(text.clone()))).collect();
        let editor = self.state.portal.class_editor();
        match editor.add_parent(self.visit, self.session, student, relation, &changes, None).await {
            Ok(_) => Ok(Added::Done),
            Err(ChangeError::Invalid(faults)) => Ok(Added::Invalid(faults)),
            // Fresh proof would be for the contacts of somebody who is there already.
            Err(ChangeError::Conflict(_) | ChangeError::ProofNeeded) => Ok(Added::Taken),
            Err(error) => Err(change_failure(&error, self.state.portal.now(), &self.page.request_id)),
        }
    }

    /// The form for another parent, as it was typed if it was refused: beside a student of this class, for whoever may change
    /// the record. Any number of guardians, but one mother and one father.
    pub(super) fn new_parent(
        &self,
        class: &OpenClass,
        person: PersonId,
        family: &[Relative],
        refused: Option<NewParent>,
    ) -> Option<NewParent> {
        if !self.may_edit(class) || !class.lines.iter().any(|line| line.student.id == person) {
            return None;
        }
        let has =
            |relation: Relation| family.iter().any(|relative| !relative.is_child && relative.relation == relation);
        let relations: Vec<_> = [Relation::Guardian, Relation::Mother, Relation::Father]
            .into_iter()
            .filter(|relation| *relation == Relation::Guardian || !has(*relation))
            .collect();
        Some(match refused {
            Some(refused) => NewParent { relations, ..refused },
            None => NewParent {
                relations,
                relation: Relation::Guardian,
                is_taken: false,
                person: PersonForm::of(&PARENT_FIELDS),
            },
        })
    }
}

/// What differs from what the form showed: a right that somebody else took away meanwhile is not given back by a form
/// that still shows it.
fn changes(fields: &[(String, String)]) -> Vec<(PersonId, RightsChange)> {
    let values =
        |name: &'static str| fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str());
    let mut found = Vec::new();
    for shown in values(SHOWN_RIGHTS) {
        let Some((id, held)) = shown.split_once(':') else { continue };
        let Ok(parent) = id.parse::<PersonId>() else { continue };
        let wish = |name: &'static str| {
            let before = held.split(',').any(|right| right == name);
            let after = values(name).any(|value| value == id);
            (before != after).then_some(after)
        };
        let change = RightsChange { may_contact: wish(MAY_CONTACT), may_see: wish(MAY_SEE) };
        if change != RightsChange::default() {
            found.push((parent, change));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_reader_changed_is_changed() {
        let [x, y, z] = [
            "00000000-0000-7000-8000-000000000001",
            "00000000-0000-7000-8000-000000000002",
            "00000000-0000-7000-8000-000000000003",
        ];
        let field = |name: &str, value: String| (name.to_owned(), value);
        let fields = [
            field(SHOWN_RIGHTS, format!("{x}:contact,see")),
            field(MAY_CONTACT, x.to_owned()),
            field(SHOWN_RIGHTS, format!("{y}:")),
            field(MAY_CONTACT, y.to_owned()),
            field(SHOWN_RIGHTS, format!("{z}:see")),
            field(MAY_SEE, z.to_owned()),
            field(SHOWN_RIGHTS, "nonsense".to_owned()),
        ];
        let made: Vec<_> = changes(&fields).into_iter().map(|(id, change)| (id.to_string(), change)).collect();
        let contact = RightsChange { may_contact: Some(true), may_see: None };
        let see = RightsChange { may_contact: None, may_see: Some(false) };
        assert_eq!(made, [(x.to_owned(), see), (y.to_owned(), contact)]);
    }
}
