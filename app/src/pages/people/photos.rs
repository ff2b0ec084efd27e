//! «Фотографии»: one photo per student, in a grid; each card has its own little form.

use domain::Locale;
use leptos::prelude::*;

use super::frame::{ClassFrame, class_head};
use crate::{
    components::{Button, ButtonLook, ErrorItem, ErrorSummary, Note, Tone, described_by, error_line},
    icons::IconName,
    layout::PageMeta,
    page_context::PageContext,
    tr,
};

/// A student's card.
#[derive(Clone)]
pub struct PhotoCard {
    /// The person's id.
    pub id: String,
    /// The whole name, in the order of the reader's language.
    pub name: String,
    /// The first letters of the names, for the place of a photo.
    pub initials: String,
    /// The photo's version, when there is one: its address changes with it.
    pub version: Option<i64>,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PhotoProblem {
    /// No file was chosen.
    Missing,
    /// Neither JPEG nor PNG nor WebP.
    Kind,
    /// Too many bytes or pixels.
    TooLarge,
    /// Too few pixels to know somebody by.
    TooSmall,
    /// Cannot be decoded.
    Broken,
}

impl PhotoProblem {
    fn words(self, locale: Locale) -> &'static str {
        match self {
            Self::Missing => tr!(locale, people.photo_missing),
            Self::Kind => tr!(locale, people.photo_kind),
            Self::TooLarge => tr!(locale, people.photo_too_large),
            Self::TooSmall => tr!(locale, people.photo_too_small),
            Self::Broken => tr!(locale, people.photo_broken),
        }
    }
}

/// What the post before this page did to whose photo.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PhotoDone {
    /// It was stored.
    Saved(String),
    /// It was removed.
    Removed(String),
}

/// What the page shows.
#[derive(Clone)]
pub struct PhotosPage {
    /// Picker and tabs.
    pub frame: ClassFrame,
    /// The class, in the order of the register.
    pub cards: Vec<PhotoCard>,
    /// The reader may change photos.
    pub may_edit: bool,
    /// What has just happened, with the student's id.
    pub done: Option<PhotoDone>,
    /// A file that was just refused, with the student's id.
    pub refused: Option<(String, PhotoProblem)>,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, page: &PhotosPage) -> PageMeta {
    let title = tr!(ctx.locale, people.photos_title, class = page.frame.class_title.clone());
    PageMeta { private: true, has_errors: page.refused.is_some(), ..PageMeta::titled(title) }
}

/// The address of a photo.
#[must_use]
pub fn photo_path(person: &str, version: i64) -> String {
    format!("/people/pupils/photo/{person}?v={version}")
}

/// A person's photo, or the letters of the name in its place.
pub fn face(locale: Locale, name: &str, initials: &str, photo: Option<String>) -> AnyView {
    match photo {
        Some(src) => view! {
            <img
                class="photo"
                src=src
                alt=tr!(locale, people.photo_of, name = name.to_owned())
                width="256"
                height="256"
                loading="lazy"
                decoding="async"
            />
        }
        .into_any(),
        None => view! {
            <span class="photo none" aria-hidden="true">
                {initials.to_owned()}
            </span>
        }
        .into_any(),
    }
}

/// The page.
pub fn photos_view(ctx: &PageContext, page: PhotosPage) -> AnyView {
    let locale = ctx.locale;
    let PhotosPage { frame, cards, may_edit, done, refused } = page;
    let have = cards.iter().filter(|card| card.version.is_some()).count();
    let done = done.map(|done| {
        let named = |id: &str| cards.iter().find(|card| card.id == id).map_or("", |card| card.name.as_str()).to_owned();
        match &done {
            PhotoDone::Saved(id) => tr!(locale, people.photo_saved, name = named(id)),
            PhotoDone::Removed(id) => tr!(locale, people.photo_removed, name = named(id)),
        }
    });
    let problem = refused
        .as_ref()
        .map(|(id, problem)| ErrorItem { field: Some(file_id(id)), text: problem.words(locale).to_owned() });
    let problem_items: Vec<_> = problem.into_iter().collect();
    let body = if cards.is_empty() {
        view! {
            <div class="empty">
                <p>{tr!(locale, people.photos_empty)}</p>
            </div>
        }
        .into_any()
    } else {
        let path = frame.path();
        let cards = cards
            .iter()
            .map(|card| {
                let refused = refused.as_ref().filter(|(id, _)| *id == card.id).map(|(_, problem)| *problem);
                card_view(locale, &path, card, may_edit, refused)
            })
            .collect_view();
        view! { <ul class="photos">{cards}</ul> }.into_any()
    };
    view! {
        <div class="work">
            {class_head(ctx, &frame, None)} <div class="toolbar">
                <div class="title">
                    <h1>{tr!(locale, people.photos_title, class = frame.class_title.clone())}</h1>
                    {(!cards.is_empty())
                        .then(|| {
                            view! {
                                <p class="muted small">
                                    {tr!(locale, people.photos_of, have = have, total = cards.len())}
                                </p>
                            }
                        })}
                </div>
            </div> <div class="stack">
                <ErrorSummary
                    title=tr!(locale, people.check).to_owned()
                    items=problem_items
                />
                {done
                    .map(|words| {
                        view! {
                            <Note tone=Tone::Good icon=IconName::Check role="status">
                                <p>{words}</p>
                            </Note>
                        }
                    })}
                {may_edit.then(|| view! { <p class="muted small">{tr!(locale, people.photos_lead)}</p> })}
                {body}
            </div>
        </div>
    }
    .into_any()
}

/// `id` of a card's file input.
fn file_id(person: &str) -> String {
    format!("photo-{person}")
}

fn card_view(locale: Locale, path: &str, card: &PhotoCard, may_edit: bool, refused: Option<PhotoProblem>) -> AnyView {
    let photo = card.version.map(|version| photo_path(&card.id, version));
    let none = photo.is_none().then(|| view! { <small class="muted">{tr!(locale, people.photo_none)}</small> });
    view! {
        <li class="card">
            {face(locale, &card.name, &card.initials, photo)}
            <strong>
                <bdi>{card.name.clone()}</bdi>
            </strong>
            {none}
            {may_edit.then(|| forms(locale, path, card, refused))}
        </li>
    }
    .into_any()
}

/// The form opens below its name, so that the grid stays a grid; after a refusal it is open.
fn forms(locale: Locale, path: &str, card: &PhotoCard, refused: Option<PhotoProblem>) -> AnyView {
    let id = file_id(&card.id);
    let has_photo = card.version.is_some();
    let verb = if has_photo { tr!(locale, people.photo_replace) } else { tr!(locale, people.photo_add) };
    let remove = has_photo.then(|| {
        view! {
            <form method="post" action=format!("{path}/remove")>
                <input type="hidden" name="person" value=card.id.clone() />
                <Button look=ButtonLook::Danger>{tr!(locale, people.photo_remove)}</Button>
            </form>
        }
    });
    view! {
        <details class="more" open=refused.is_some()>
            <summary>
                {verb} <span class="vh">": " {card.name.clone()}</span>
            </summary>
            <form method="post" action=path.to_owned() enctype="multipart/form-data" class="stack">
                <input type="hidden" name="person" value=card.id.clone() />
                <div class=if refused.is_some() { "field has-err" } else { "field" }>
                    <label for=id.clone()>{tr!(locale, people.photo_file)}</label>
                    {refused.map(|problem| error_line(format!("{id}-e"), problem.words(locale).to_owned()))}
                    <input
                        class="file"
                        type="file"
                        id=id.clone()
                        name="photo"
                        accept="image/jpeg,image/png,image/webp"
                        aria-describedby=described_by(&id, false, refused.is_some())
                        aria-invalid=refused.is_some().then_some("true")
                    />
                </div>
                <Button look=ButtonLook::Small>{tr!(locale, people.photo_upload)}</Button>
            </form>
            {remove}
        </details>
    }
    .into_any()
}
