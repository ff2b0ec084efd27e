//! The editor's page: picker and tabs of the class, then the editor; or, without script, the form of one row.

use leptos::prelude::*;

use super::board::Board;
use super::boot::EditorBoot;
use super::form::{RowForm, form_view};
use super::presence::{PRESENCE_ID, presence_view};
use super::{EDITOR_ID, draw};
use crate::components::{Note, Tone};
use crate::icons::IconName;
use crate::layout::PageMeta;
use crate::page_context::PageContext;
use crate::pages::people::{ClassFrame, class_head};
use crate::tr;

/// The page with the table. `saved` is the student whose form was saved before.
pub fn editor_page(ctx: &PageContext, frame: &ClassFrame, boot: EditorBoot, saved: Option<&str>) -> AnyView {
    let locale = ctx.locale;
    let note = saved.and_then(|saved| name_of(&boot, saved)).map(|who| {
        view! {
            <Note tone=Tone::Good icon=IconName::Check role="status">
                <p>{tr!(locale, editor.saved_row, who = who)}</p>
            </Note>
        }
    });
    let board = Board::new(locale, boot);
    let present = presence_view(board.boot.words.form.clone(), board.present);
    let beside = view! {
        <div id=PRESENCE_ID class="presence">
            {present}
        </div>
    };
    view! {
        <div class="work">
            {class_head(ctx, frame, Some(beside.into_any()))}
            {note}
            <div id=EDITOR_ID>{draw(&board)}</div>
        </div>
    }
    .into_any()
}

fn name_of(boot: &EditorBoot, student: &str) -> Option<String> {
    let entry = boot.people.students.iter().find(|entry| entry.student.id == student)?;
    let fields = &entry.student.fields;
    Some([&fields.surname, &fields.given_name].into_iter().flatten().map(String::as_str).collect::<Vec<_>>().join(" "))
}

/// What the frame says about the page with a row's form.
#[must_use]
pub fn form_meta(ctx: &PageContext, form: &RowForm) -> PageMeta {
    let title = tr!(ctx.locale, editor.edit_whom, who = form.who.clone());
    PageMeta { private: true, has_errors: form.has_problems(), ..PageMeta::titled(title) }
}

/// The page with a row's form.
pub fn form_page(ctx: &PageContext, frame: &ClassFrame, form: RowForm) -> AnyView {
    view! {
        <div class="work">
            {class_head(ctx, frame, None)}
            {form_view(ctx, &frame.path(), form)}
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests may panic")]

    use domain::{Locale, NotReady, PersonField, Readiness, Relation};

    use super::super::compose::words;
    use super::super::slots::tests::class;
    use super::*;

    fn html(locale: Locale, change: impl FnOnce(&mut EditorBoot)) -> String {
        let mut people = class(&[&[Relation::Mother], &[Relation::Guardian]]);
        people.students[0].student.fields.mobile = Some("+79000000061".to_owned());
        people.students[0].readiness = Readiness { can: false, by: Vec::new(), issue: Some(NotReady::NeedsContact) };
        people.students[1].readiness.can = true;
        let mut boot = EditorBoot { words: words(locale, "5А"), ..EditorBoot::of(people) };
        change(&mut boot);
        Owner::new().with(|| draw(&Board::new(locale, boot)).to_html())
    }

    #[test]
    fn the_table_is_a_grid_with_one_tab_stop() {
        for locale in Locale::ALL {
            let html = html(locale, |_| {});
            let grid = html.split_once("role=\"grid\"").unwrap().1;
            assert_eq!(grid.matches("tabindex=\"0\"").count(), 1, "{locale:?}");
            assert_eq!(grid.matches("role=\"row\"").count(), 3, "{locale:?}");
            // Two students of 7 fields, four parents' places and a guardian of 6, two readiness cells, two links to
            // forms.
            assert_eq!(grid.matches("role=\"gridcell\"").count(), 2 * 7 + 5 * 6 + 2 + 2, "{locale:?}");
            assert!(html.contains("aria-rowcount=\"3\"") && html.contains("aria-colcount=\"27\""), "{locale:?}");
            assert!(!html.contains("style="), "{locale:?}: the page's policy allows no style");
            let mut ids: Vec<_> = html.split(" id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
            let all = ids.len();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), all, "{locale:?}: an id stands twice");
        }
    }

    #[test]
    fn values_are_shown_as_they_are_typed() {
        let html = html(Locale::Ru, |_| {});
        assert!(html.contains(&PersonField::Mobile.shown("+79000000061")));
        assert!(html.contains("Вход через\u{a0}ЕСИА: 5А"));
        assert!(html.contains("?edit=s1"));
    }

    #[test]
    fn the_filter_hides_whoever_can_sign_in() {
        let html = html(Locale::Ru, |boot| boot.only_unready = true);
        let row = |id: &str| html.split_once(&format!("id=\"{id}\"")).unwrap().1.split('>').next().unwrap().to_owned();
        assert!(!row("r0").contains("hidden"));
        assert!(row("r1").contains("hidden"));
        assert!(html.contains("Показаны 1 из 2."));
    }

    #[test]
    fn whoever_may_only_read_gets_no_way_to_change() {
        let html = html(Locale::En, |boot| boot.editable = false);
        for way in ["data-do=\"undo\"", "?edit=", "<dialog"] {
            assert!(!html.contains(way), "{way}");
        }
        assert_eq!(html.matches("aria-readonly=\"true\"").count(), 2 * 7 + 5 * 6 + 2);
    }
}
