//! «Зачисление в группы»: what was changed on the form is done one by one, each in the audit log.

use std::collections::{BTreeMap, BTreeSet};

use app::app::{Boot, Interactive};
use app::boxes::{DO, GroupColumn, GroupStudent, MEMBER, SHOWN};
use app::layout::PageMeta;
use app::page_context::PageContext;
use app::pages::people::Tab;
use app::pages::people::groups::{CLASS, GroupsDone, GroupsPage, RefusedGroup, SEEN, groups_view, meta};
use axum::extract::rejection::FormRejection;
use axum::extract::{Form, Path, Query};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Permission;
use serde::Deserialize;
use services::groups::GroupError;
use services::sessions::Session;
use services::{ClassId, GroupId, PersonId, Visit};

use super::frame;
use super::{failure, id};
use crate::http::context::SignedInVisit;
use crate::http::errors::Failure;
use crate::http::pages::document;
use crate::state::AppState;

/// `?saved=`, `?done=`: what the post before this page did.
#[derive(Default, Deserialize)]
pub(super) struct AfterPost {
    saved: Option<u64>,
    #[serde(default)]
    done: String,
}

impl AfterPost {
    fn done(&self) -> Option<GroupsDone> {
        match self.done.as_str() {
            "created" => Some(GroupsDone::Created),
            "changed" => Some(GroupsDone::Changed),
            "deleted" => Some(GroupsDone::Deleted),
            _ => self.saved.map(GroupsDone::Members),
        }
    }
}

/// `GET /people/pupils/{class}/groups`
pub(super) async fn page(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    Query(after): Query<AfterPost>,
) -> Result<Response, Failure> {
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let data = asking.data(id(&class)?, after.done(), None).await?;
    Ok(asking.draw(StatusCode::OK, data))
}

/// `POST /people/pupils/{class}/groups`
pub(super) async fn change(
    SignedInVisit { state, page, visit, session }: SignedInVisit,
    Path(class): Path<String>,
    form: Result<Form<Vec<(String, String)>>, FormRejection>,
) -> Result<Response, Failure> {
    let Form(fields) = form.map_err(|rejection| Failure::status(rejection.status()))?;
    let class: ClassId = id(&class)?;
    let asking = Asking { state: &state, page: &page, visit: &visit, session: &session };
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str());
    let groups = state.portal.groups();
    let seen = Some(value(SEEN)).filter(|seen| !seen.is_empty());
    let (query, outcome, group) = match value(DO) {
        "members" => {
            let count = asking.set_members(class, &fields).await?;
            (format!("saved={count}"), Ok(()), None)
        }
        "create" => {
            let made = groups.create(&visit, &session, &classes(class, &fields)?, value("title")).await;
            ("done=created".to_owned(), made.map(|_| ()), None)
        }
        "change" => {
            let group: GroupId = id(value("group"))?;
            let classes = classes(class, &fields)?;
            let changed = groups.change(&visit, &session, group, seen, value("title"), &classes).await;
            ("done=changed".to_owned(), changed, Some(group.to_string()))
        }
        "delete" => {
            let group: GroupId = id(value("group"))?;
            let deleted = groups.delete(&visit, &session, group, seen).await;
            ("done=deleted".to_owned(), deleted, Some(group.to_string()))
        }
        _ => return Err(Failure::status(StatusCode::UNPROCESSABLE_ENTITY)),
    };
    match outcome {
        Ok(()) => {
            let path = Tab::Groups.path(&class.to_string());
            Ok(Redirect::to(&format!("{path}?{query}")).into_response())
        }
        Err(error @ (GroupError::Title | GroupError::Stale)) => {
            let stale = matches!(error, GroupError::Stale);
            let title = fields.iter().find(|(name, _)| name == "title");
            let refused = RefusedGroup {
                stale,
                group,
                typed: title.map(|(_, typed)| typed.chars().take(200).collect()),
                classes: classes(class, &fields)?.iter().map(ClassId::to_string).collect(),
            };
            let data = asking.data(class, None, Some(refused)).await?;
            let status = if stale { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
            Ok(asking.draw(status, data))
        }
        Err(error) => Err(fault(&error, &page.request_id)),
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
    async fn data(
        &self,
        class: ClassId,
        done: Option<GroupsDone>,
        refused: Option<RefusedGroup>,
    ) -> Result<GroupsPage, Failure> {
        let portal = &self.state.portal;
        let (frame, head) = frame::load(self.state, self.page, self.visit, self.session, class, Tab::Groups).await?;
        let fault = |error| failure(&error, &self.page.request_id);
        let groups = portal.groups().list(self.visit, self.session, class).await.map_err(fault)?;
        let (_, lines) = portal.roster().register(self.visit, self.session, class).await.map_err(fault)?;
        let may_edit = portal.access().has(self.session, Permission::EditGroups, &head);
        let students = lines
            .into_iter()
            .map(|line| GroupStudent {
                id: line.student.id.to_string(),
                name: line.student.name.display(self.page.locale),
            })
            .collect();
        let groups = groups
            .into_iter()
            .map(|group| GroupColumn {
                id: group.id.to_string(),
                version: group.version(),
                title: group.title,
                members: group.members.iter().map(PersonId::to_string).collect(),
                classes: group.classes.iter().map(|(id, title)| (id.to_string(), title.to_string())).collect(),
            })
            .collect();
        let others = frame.classes.iter().filter(|other| other.id != frame.class_id);
        let others = others.map(|other| (other.id.clone(), other.title.clone())).collect();
        Ok(GroupsPage { frame, students, groups, others, may_edit, done, refused })
    }

    fn draw(&self, status: StatusCode, data: GroupsPage) -> Response {
        let class = data.frame.class_id.clone();
        let plain = meta(self.page, &data);
        let meta = match data.boot(self.page) {
            Some(boot) => {
                let boot = Boot { locale: self.page.locale, page: Interactive::Boxes(Box::new(boot)) };
                let assets = &self.state.assets;
                let interactive = boot.meta(self.page.nonce.as_deref(), &assets.script, &assets.wasm);
                PageMeta { has_errors: plain.has_errors, ..interactive }
            }
            None => plain,
        };
        let response = document(status, self.page, meta, |page| groups_view(page, data));
        frame::remember(response, &class)
    }

    /// Does what was changed on the form: only where a box differs from what the form showed. How many that were. Who
    /// has left the class meanwhile is passed over: there is no box for them any more.
    async fn set_members(&self, class: ClassId, fields: &[(String, String)]) -> Result<u64, Failure> {
        let service = self.state.portal.groups();
        let mut count = 0;
        for (group, student, member) in changes(fields) {
            match service.set_member(self.visit, self.session, group, student, member).await {
                Ok(()) => count += 1,
                Err(GroupError::NotInClass) => {}
                Err(error) => {
                    tracing::warn!(code = error.code(), %class, "not all changes of the groups were made");
                    return Err(fault(&error, &self.page.request_id));
                }
            }
        }
        Ok(count)
    }
}

/// What differs between the form as it was shown and as it was posted. What is no id is left out.
fn changes(fields: &[(String, String)]) -> Vec<(GroupId, PersonId, bool)> {
    let pairs = |name: &'static str| fields.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str());
    let mut shown: BTreeMap<GroupId, BTreeSet<PersonId>> = BTreeMap::new();
    for value in pairs(SHOWN) {
        let Some((group, students)) = value.split_once(':') else { continue };
        let Ok(group) = group.parse() else { continue };
        shown.insert(group, students.split(' ').filter_map(|student| student.parse().ok()).collect());
    }
    let mut posted: BTreeMap<GroupId, BTreeSet<PersonId>> = BTreeMap::new();
    for value in pairs(MEMBER) {
        let Some((group, student)) = value.split_once(':') else { continue };
        let (Ok(group), Ok(student)) = (group.parse(), student.parse()) else { continue };
        posted.entry(group).or_default().insert(student);
    }
    let mut found = Vec::new();
    for (group, before) in shown {
        let after = posted.remove(&group).unwrap_or_default();
        found.extend(after.difference(&before).map(|student| (group, *student, true)));
        found.extend(before.difference(&after).map(|student| (group, *student, false)));
    }
    found
}

/// The classes of a group: the one whose page it is, and those that were ticked.
fn classes(own: ClassId, fields: &[(String, String)]) -> Result<Vec<ClassId>, Failure> {
    let ticked = fields.iter().filter(|(name, _)| name == CLASS).map(|(_, value)| id(value));
    std::iter::once(Ok(own)).chain(ticked).collect()
}

fn fault(error: &GroupError, request_id: &str) -> Failure {
    match error {
        GroupError::Access(error) => failure(error, request_id),
        GroupError::Stale => Failure::status(StatusCode::CONFLICT),
        GroupError::Title | GroupError::Classes | GroupError::NotInClass => {
            Failure::status(StatusCode::UNPROCESSABLE_ENTITY)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_reader_changed_is_changed() {
        let [first, second] = ["00000000-0000-7000-8000-00000000000a", "00000000-0000-7000-8000-00000000000b"];
        let [x, y, z] = [
            "00000000-0000-7000-8000-000000000001",
            "00000000-0000-7000-8000-000000000002",
            "00000000-0000-7000-8000-000000000003",
        ];
        let field = |name: &str, value: String| (name.to_owned(), value);
        let fields = [
            field(SHOWN, format!("{first}:{x} {y}")),
            field(SHOWN, format!("{second}:")),
            field(MEMBER, format!("{first}:{x}")),
            field(MEMBER, format!("{second}:{z}")),
            field(MEMBER, "nonsense".to_owned()),
            // A group that the form did not show stays as it is.
            field(MEMBER, format!("{x}:{y}")),
        ];
        let made: Vec<_> =
            changes(&fields).into_iter().map(|(g, s, member)| (g.to_string(), s.to_string(), member)).collect();
        assert_eq!(made, [(first.to_owned(), y.to_owned(), false), (second.to_owned(), z.to_owned(), true)],);
    }
}
