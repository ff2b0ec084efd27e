//! Letters that invite parents to register, one a sheet, each in the parent's own language. No secret is in them:
//! they say where to go and what is needed, and the code comes to the phone on file.

use domain::Locale;
use leptos::prelude::*;

use super::frame::{ClassFrame, Tab};
use crate::{
    components::{ButtonLook, LinkButton},
    layout::PageMeta,
    page_context::PageContext,
    text::{SLOT, around},
    tr, tr_count,
};

/// A letter to one parent.
#[derive(Clone)]
pub struct Letter {
    /// The language that the parent reads.
    pub locale: Locale,
    /// The parent's name, in the order of that language.
    pub parent: String,
    /// The child's name, in the order of that language.
    pub child: String,
    /// The ID number that registering asks for, masked, so that the right document is taken out of the drawer.
    pub number_masked: Option<String>,
    /// The mobile on file, masked.
    pub mobile_masked: Option<String>,
}

/// What the page shows.
#[derive(Clone)]
pub struct LettersPage {
    /// The class.
    pub frame: ClassFrame,
    /// The letters.
    pub letters: Vec<Letter>,
    /// Where parents register: an address to be typed, such as `https://portal.example/register`.
    pub address: String,
}

/// What the frame says about the page.
#[must_use]
pub fn meta(ctx: &PageContext, frame: &ClassFrame) -> PageMeta {
    let title = tr!(ctx.locale, people.letters_title, class = frame.class_title.clone());
    PageMeta { private: true, ..PageMeta::titled(title) }
}

/// The page.
pub fn letters_view(ctx: &PageContext, page: LettersPage) -> AnyView {
    let locale = ctx.locale;
    let LettersPage { frame, letters, address } = page;
    let body = if letters.is_empty() {
        view! {
            <div class="empty">
                <p>{tr!(locale, people.letters_none)}</p>
            </div>
        }
        .into_any()
    } else {
        letters.iter().map(|letter| sheet(ctx, &frame, letter, &address)).collect_view().into_any()
    };
    view! {
        <div class="work paper">
            <div class="screen-only">
                <div class="toolbar">
                    <div class="title">
                        <h1>{tr!(locale, people.letters_title, class = frame.class_title.clone())}</h1>
                        {(!letters.is_empty())
                            .then(|| {
                                view! {
                                    <p class="muted small">
                                        {tr_count!(locale, letters.len() as u64, people.letters_count)}
                                    </p>
                                }
                            })}
                    </div>
                    <LinkButton href=Tab::List.path(&frame.class_id) look=ButtonLook::Small>
                        {tr!(locale, people.back_to_list)}
                    </LinkButton>
                </div>
                <p class="small muted above">{tr!(locale, people.print_how)}</p>
            </div>
            {body}
        </div>
    }
    .into_any()
}

fn sheet(ctx: &PageContext, frame: &ClassFrame, letter: &Letter, address: &str) -> AnyView {
    let locale = letter.locale;
    let about = tr!(locale, people.letter_about, child = letter.child.clone(), class = frame.class_title.clone());
    let open = tr!(locale, people.letter_1, address = SLOT);
    let code = match &letter.mobile_masked {
        Some(mobile) => {
            let text = tr!(locale, people.letter_3_phone, phone = SLOT);
            around(&text, view! { <bdi class="ltr num">{mobile.clone()}</bdi> })
        }
        None => tr!(locale, people.letter_3_none).into_any(),
    };
    let number = letter.number_masked.clone().map(|number| {
        view! {
            " "
            <bdi class="ltr num">{number}</bdi>
        }
    });
    // On paper the number is no link.
    let help = match ctx.portal.help_line.clone() {
        Some(line) => {
            let text = tr!(locale, people.letter_help, line = SLOT);
            around(&text, view! { <bdi class="ltr num">{line}</bdi> })
        }
        None => tr!(locale, people.letter_help_school).into_any(),
    };
    view! {
        <article class="letter card" lang=locale.code() dir=locale.dir()>
            <p class="small muted">
                {ctx.portal.names.get(locale).clone()} " · " <bdi>{frame.school.name.clone()}</bdi>
            </p>
            <h2>{tr!(locale, people.letter_hello, name = letter.parent.clone())}</h2>
            <p>{about}</p>
            <h3>{tr!(locale, people.letter_how)}</h3>
            <ol>
                <li>{around(&open, view! { <bdi class="ltr num"><strong>{address.to_owned()}</strong></bdi> })}</li>
                <li>{tr!(locale, people.letter_2)}</li>
                <li>{code}</li>
                <li>{tr!(locale, people.letter_4)}</li>
            </ol>
            <h3>{tr!(locale, people.letter_need)}</h3>
            <ul>
                <li>{tr!(locale, people.letter_need_id)} {number}</li>
                <li>{tr!(locale, people.letter_need_child)}</li>
                <li>{tr!(locale, people.letter_need_phone)}</li>
            </ul>
            <p>{help}</p>
            <p class="small">{tr!(locale, people.letter_safe)}</p>
        </article>
    }
    .into_any()
}
