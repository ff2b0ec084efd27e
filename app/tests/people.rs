//! Every page of the people area in every language: rendered whole, and held to what no page may break.
//!
//! `PREVIEW_DIR=target/preview cargo test -p schoolgate-app --features ssr --test people` also writes the pages there, to be
//! looked at.

#![cfg(feature = "ssr")]
#![recursion_limit = "512"]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, missing_docs, reason = "tests may panic")]

use std::{collections::BTreeSet, env, fs, path::Path, sync::Arc};

use domain::{
    Capacity, FieldFault, IdKind, LastTry, Locale, NotReady, PersonField, PersonIdentifier, PostKind, Readiness,
    Relation, Role, SharedWith, Way,
};
use leptos::{prelude::*, reactive::owner::Owner};
use schoolgate_app::{
    boxes::{GroupColumn, GroupStudent},
    layout::{PageMeta, document},
    page_context::{Application, PageContext, PerLocale, PortalInfo, StaffBar, StaffSection, ViewerInfo},
    pages::me::child::{self, ChildCard, ChildClass, child_view, children_view},
    pages::people::{
        AllClasses, ClassChoice, ClassFrame, PersonForm, SchoolChoice, SchoolClasses, Tab, all_classes_meta,
        all_classes_view,
        groups::{self, GroupsDone, GroupsPage, RefusedGroup, groups_view},
        letters::{self, Letter, LettersPage, letters_view},
        list::{self, ListPage, ParentLine, Shown, StudentLine, list_view, print_view},
        personal::{
            self, Changed, ConflictLine, EditForm, FamilyDone, FieldLine, GosuslugiPart, HistoryLine, Kin, LinkLine,
            NewParent, NumberForm, NumberProblem, PARENT_FIELDS, Pane, PersonPick, PersonalPage, Proof, Record, Source,
            TryLine, personal_view,
        },
        photos::{self, PhotoCard, PhotoDone, PhotoProblem, PhotosPage, photos_view},
        staff::{
            self, AddForm, ContactsForm, ContactsProblem, GrantProblem, InviteProblem, KnownChoice, RefusedGrant,
            Right, StaffDone, StaffPage, StaffRights, StaffRow, Trouble, staff_view,
        },
    },
};
use services::staff::StaffAccount;

const NOW: i64 = 1_795_329_660_000;

fn context(locale: Locale, path: &str) -> PageContext {
    let name = |text: &str| text.to_owned();
    let everywhere = |text: &str| PerLocale { he: name(text), ar: name(text), ru: name(text), en: name(text) };
    PageContext {
        locale,
        path: path.to_owned(),
        viewer: Some(ViewerInfo {
            given_name: name("Вера"),
            display_name: name("Бутрович В. И."),
            staff: Some(StaffBar {
                sections: StaffSection::ALL.to_vec(),
                current: StaffSection::of(path),
                open_reviews: 4,
                capacity: Some(Capacity::Staff(Role::ClassTeacher)),
                capacities: vec![Capacity::Staff(Role::ClassTeacher), Capacity::Parent],
            }),
        }),
        portal: Arc::new(PortalInfo {
            names: PerLocale {
                he: name("פורטל ההורים"),
                ar: name("بوابة الأهالي"),
                ru: name("Портал школы"),
                en: name("School portal"),
            },
            help_line: Some(name("*6552")),
            contact_email: None,
            esia_enabled: true,
            registration_open: true,
            password_reset: true,
            demo: false,
            id_kinds: vec![IdKind::IlId, IdKind::RuSnils],
            security_question: true,
            applications: ["Журнал", "Портфолио"]
                .map(|text| Application { names: everywhere(text), url: name("https://journal.example/") })
                .to_vec(),
            guide_url: None,
            video_url: None,
            time_zone: name("Asia/Yekaterinburg"),
            locales: Locale::ALL.to_vec(),
            default_locale: Locale::Ru,
        }),
        nonce: None,
        stylesheet: name("style.css"),
        request_id: name("01JDQ7F3K8"),
        now: NOW,
    }
}

struct Rendered {
    name: String,
    locale: Locale,
    html: String,
}

fn render(name: &str, ctx: &PageContext, meta: PageMeta, main: impl FnOnce() -> AnyView) -> Rendered {
    let html = Owner::new().with(|| document(ctx, meta, main).to_html());
    Rendered { name: format!("{name}.{}", ctx.locale.code()), locale: ctx.locale, html }
}

fn school() -> SchoolChoice {
    SchoolChoice { id: "s-1".to_owned(), name: "Школа № 5, Ханты-Мансийск".to_owned() }
}

fn classes() -> Vec<ClassChoice> {
    [("c-1", "5А", 5, Some((21, 25))), ("c-2", "5Б", 5, Some((25, 25))), ("c-3", "11А", 11, None)]
        .map(|(id, title, grade, ready)| ClassChoice { id: id.to_owned(), title: title.to_owned(), grade, ready })
        .to_vec()
}

fn frame(tab: Tab) -> ClassFrame {
    ClassFrame {
        school: school(),
        classes: classes(),
        class_id: "c-1".to_owned(),
        class_title: "5А".to_owned(),
        tab,
        has_more: true,
    }
}

/// A student for everything that readiness can say.
fn students() -> Vec<StudentLine> {
    let shared = |field, with| Some(NotReady::SharedContact { field, with });
    let mut all = vec![
        Readiness { can: true, by: vec![Way::Link, Way::Snils], issue: None },
        Readiness { can: true, by: vec![Way::Email, Way::Mobile], issue: Some(NotReady::NotSeenYet) },
        Readiness { can: true, by: vec![Way::Email], issue: Some(NotReady::SnilsInvalid) },
        Readiness { can: false, by: Vec::new(), issue: Some(NotReady::NeedsContact) },
    ];
    for field in [PersonField::Mobile, PersonField::Email] {
        for with in SharedWith::ALL {
            all.push(Readiness { can: false, by: Vec::new(), issue: shared(field, with) });
        }
    }
    for reason in LastTry::ALL {
        all.push(Readiness { can: false, by: Vec::new(), issue: Some(NotReady::LastTryFailed { reason }) });
    }
    let parent = |id: usize, relation: Relation, has_account, has_mobile| ParentLine {
        id: format!("p-{id}-{relation:?}"),
        name: "Захарченко Диана <Набиевна>".to_owned(),
        relation: Some(relation),
        has_account,
        has_mobile,
        may_contact: has_mobile,
    };
    all.into_iter()
        .enumerate()
        .map(|(i, readiness)| StudentLine {
            number: u32::try_from(i + 1).unwrap(),
            id: format!("u-{i}"),
            name: if i == 0 {
                "Джалилов Резида Егорович".to_owned()
            } else {
                format!("Ученик {i}")
            },
            readiness,
            parents: match i {
                0 => Vec::new(),
                _ => vec![
                    parent(i, Relation::Mother, true, true),
                    parent(i, Relation::Father, false, true),
                    parent(i, Relation::Guardian, false, false),
                ],
            },
        })
        .collect()
}

fn list_page(rows: Vec<StudentLine>, shown: Shown) -> ListPage {
    let fault = (PersonField::Surname, FieldFault::Required);
    let new_student = Some(PersonForm { faults: vec![fault], ..PersonForm::of(&list::STUDENT_FIELDS) });
    ListPage { frame: frame(Tab::List), rows, shown, may_invite: true, new_student, done: Some(list::ListDone::Came) }
}

fn lists(pages: &mut Vec<Rendered>, locale: Locale) {
    let ctx = context(locale, "/people/pupils/c-1/list");
    for (name, rows, shown) in [
        ("list", students(), Shown::All),
        ("list-not-ready", students(), Shown::NotReady),
        ("list-named", students(), Shown::Named(" джалилов ".to_owned())),
        ("list-nobody", students(), Shown::Named("<b>".to_owned())),
        ("list-empty", Vec::new(), Shown::All),
        ("list-ready", students().into_iter().take(2).collect(), Shown::All),
    ] {
        let page = list_page(rows, shown);
        pages.push(render(name, &ctx, list::meta(&ctx, &page), || list_view(&ctx, page)));
    }
    let page = list_page(students(), Shown::All);
    pages.push(render("list-print", &ctx, list::meta(&ctx, &page), || print_view(&ctx, page)));
    let letter = |locale, mobile: Option<&str>| Letter {
        locale,
        parent: "Дана".to_owned(),
        child: "Итай".to_owned(),
        number_masked: mobile.map(|_| "•••••••23".to_owned()),
        mobile_masked: mobile.map(str::to_owned),
    };
    for (name, letters) in [
        ("letters", vec![letter(Locale::He, Some("050-•••••67")), letter(Locale::Ru, None)]),
        ("letters-none", Vec::new()),
    ] {
        let page =
            LettersPage { frame: frame(Tab::List), letters, address: "https://portal.example/register".to_owned() };
        pages.push(render(name, &ctx, letters::meta(&ctx, &page.frame), || letters_view(&ctx, page)));
    }
    let all = [("all", classes()), ("all-none", Vec::new())];
    let ctx = context(locale, "/people/pupils?all=1");
    for (name, classes) in all {
        let with_teachers = |class| (class, 25, vec!["Бутрович В. И.".to_owned()]);
        let open = SchoolClasses { school: school(), classes: classes.into_iter().map(with_teachers).collect() };
        let other = SchoolChoice { id: "s-2".to_owned(), name: "ניצנים".to_owned() };
        let page = AllClasses { schools: vec![school(), other], open: Some(open) };
        pages.push(render(name, &ctx, all_classes_meta(&ctx), || all_classes_view(&ctx, page)));
    }
}

fn group_pages(pages: &mut Vec<Rendered>, locale: Locale) {
    let ctx = context(locale, "/people/pupils/c-1/groups");
    let group = |id: &str, members: &[&str]| GroupColumn {
        version: "7".to_owned(),
        id: id.to_owned(),
        title: "Английский 5А-1".to_owned(),
        members: members.iter().map(|id| (*id).to_owned()).collect(),
        classes: [("c-1", "5А"), ("c-2", "5Б")].map(|(id, title)| (id.to_owned(), title.to_owned())).to_vec(),
    };
    let page = GroupsPage {
        frame: frame(Tab::Groups),
        students: ["u-1", "u-2"].map(|id| GroupStudent { id: id.to_owned(), name: format!("Ученик {id}") }).to_vec(),
        groups: vec![group("g-1", &["u-1"]), group("g-2", &[])],
        others: vec![("c-2".to_owned(), "5Б".to_owned())],
        may_edit: true,
        done: None,
        refused: None,
    };
    let refused = |group: Option<&str>| {
        Some(RefusedGroup {
            stale: false,
            group: group.map(str::to_owned),
            typed: Some("\"<script>".to_owned()),
            classes: vec!["c-2".to_owned()],
        })
    };
    for (name, page) in [
        ("groups", page.clone()),
        ("groups-read", GroupsPage { may_edit: false, ..page.clone() }),
        ("groups-empty", GroupsPage { groups: Vec::new(), done: Some(GroupsDone::Deleted), ..page.clone() }),
        ("groups-saved", GroupsPage { done: Some(GroupsDone::Members(3)), ..page.clone() }),
        ("groups-same", GroupsPage { done: Some(GroupsDone::Members(0)), ..page.clone() }),
        ("groups-created", GroupsPage { done: Some(GroupsDone::Created), ..page.clone() }),
        ("groups-renamed", GroupsPage { done: Some(GroupsDone::Changed), ..page.clone() }),
        ("groups-refused", GroupsPage { refused: refused(None), ..page.clone() }),
        ("groups-refused-name", GroupsPage { refused: refused(Some("g-2")), ..page }),
    ] {
        pages.push(render(name, &ctx, groups::meta(&ctx, &page), || groups_view(&ctx, page)));
    }
}

fn photo_pages(pages: &mut Vec<Rendered>, locale: Locale) {
    let ctx = context(locale, "/people/pupils/c-1/photos");
    let card = |id: &str, version| PhotoCard {
        id: id.to_owned(),
        name: format!("Ученик {id}"),
        initials: "УД".to_owned(),
        version,
    };
    let page = PhotosPage {
        frame: frame(Tab::Photos),
        cards: vec![card("u-1", Some(3)), card("u-2", None)],
        may_edit: true,
        done: None,
        refused: None,
    };
    let refused = |problem| Some(("u-2".to_owned(), problem));
    for (name, page) in [
        ("photos", page.clone()),
        ("photos-read", PhotosPage { may_edit: false, ..page.clone() }),
        ("photos-none", PhotosPage { cards: Vec::new(), ..page.clone() }),
        ("photos-saved", PhotosPage { done: Some(PhotoDone::Saved("u-1".to_owned())), ..page.clone() }),
        ("photos-removed", PhotosPage { done: Some(PhotoDone::Removed("u-1".to_owned())), ..page.clone() }),
        ("photos-missing", PhotosPage { refused: refused(PhotoProblem::Missing), ..page.clone() }),
        ("photos-kind", PhotosPage { refused: refused(PhotoProblem::Kind), ..page.clone() }),
        ("photos-large", PhotosPage { refused: refused(PhotoProblem::TooLarge), ..page.clone() }),
        ("photos-small", PhotosPage { refused: refused(PhotoProblem::TooSmall), ..page.clone() }),
        ("photos-broken", PhotosPage { refused: refused(PhotoProblem::Broken), ..page }),
    ] {
        pages.push(render(name, &ctx, photos::meta(&ctx, &page), || photos_view(&ctx, page)));
    }
}

fn record(source: Option<Source>, history: Vec<HistoryLine>) -> Record {
    let fields = PersonField::ALL.map(|field| FieldLine {
        field,
        value: (field != PersonField::Snils).then(|| format!("{field:?}")),
        changed_by: if source == Some(Source::Staff) { "Соколова М. П.".to_owned() } else { String::new() },
        changed_at: source.map(|_| NOW - 5_000_000),
        source: source.unwrap_or(Source::Roster),
    });
    let kin = |is_child| Kin {
        id: "4".to_owned(),
        name: "Захарченко Диана".to_owned(),
        relation: Relation::Mother,
        is_child,
        may_contact: true,
        may_see: false,
        may_remove: !is_child,
    };
    Record {
        id: "u-1".to_owned(),
        name: "Джалилов Резида Егорович".to_owned(),
        fields: fields.to_vec(),
        id_number: source.map(|_| "••••••423".to_owned()),
        may_reveal: source.is_some(),
        number_form: source.map(|_| NumberForm { version: 7, ..NumberForm::default() }),
        classes: source.map(|_| "5А, 2026/27".to_owned()).into_iter().collect(),
        moves: source.map(|_| vec![("c-2".to_owned(), "5Б".to_owned())]),
        family: source.map(|_| [kin(false), kin(true)]).into_iter().flatten().collect(),
        new_parent: source.map(|_| new_parent()),
        family_done: source.map(|_| FamilyDone::Rights),
        has_account: source.is_none(),
        history,
        may_edit: source.is_some(),
        gosuslugi: source.map(|_| gosuslugi(Vec::new())),
    }
}

fn new_parent() -> NewParent {
    NewParent {
        relations: vec![Relation::Guardian, Relation::Father],
        relation: Relation::Guardian,
        is_taken: false,
        person: PersonForm::of(&PARENT_FIELDS),
    }
}

fn gosuslugi(links: Vec<LinkLine>) -> GosuslugiPart {
    let failures = LastTry::ALL.map(|reason| TryLine { at: NOW - 90_000_000, failure: Some(reason) });
    let tries = [TryLine { at: NOW - 60_000, failure: None }].into_iter().chain(failures);
    let tries = if links.is_empty() { Vec::new() } else { tries.collect() };
    GosuslugiPart { links, tries, may_unlink: true, asked: None, unlinked: false }
}

fn edit_form() -> EditForm {
    EditForm {
        person: "u-1".to_owned(),
        name: "Джалилов Резида Егорович".to_owned(),
        version: 7,
        values: PersonField::ALL.map(|field| (field, format!("\"{field:?}"))).to_vec(),
        shown: PersonField::ALL.map(|field| (field, format!("{field:?}"))).to_vec(),
        faults: Vec::new(),
        conflicts: Vec::new(),
        proof: None,
    }
}

fn personal_pages(pages: &mut Vec<Rendered>, locale: Locale) {
    let ctx = context(locale, "/people/pupils/c-1/personal?person=u-1");
    let pick =
        |id: &str, number, relation| PersonPick {
            id: id.to_owned(), name: format!("Человек {id}"), number, relation
        };
    let page = |pane| PersonalPage {
        frame: frame(Tab::Personal),
        people: vec![pick("u-1", Some(1), None), pick("p-1", None, Some(Relation::Mother)), pick("u-2", Some(2), None)],
        chosen: Some("u-1".to_owned()),
        pane,
    };
    let shown = |source, saved| Pane::Record { record: Box::new(record(source, Vec::new())), saved };
    let line = |what, after: &str| HistoryLine {
        at: NOW - 60_000,
        by: String::new(),
        what,
        before: None,
        after: Some(after.to_owned()),
    };
    let changes =
        vec![line(Changed::Field(PersonField::Mobile), "+7 900 000-00-11"), line(Changed::IdNumber, "•••••••23")];
    let number = |form| {
        let record = record(Some(Source::Staff), Vec::new());
        let number_form = Some(NumberForm { version: 7, typed: "\"<b>".to_owned(), ..form });
        Pane::Record { record: Box::new(Record { number_form, ..record }), saved: None }
    };
    let no_number = Record { id_number: None, may_reveal: false, ..record(Some(Source::Staff), Vec::new()) };
    let check_digit = PersonIdentifier::parse(IdKind::IlId, "123456789").unwrap_err();
    let not_digits = PersonIdentifier::parse(IdKind::Fictitious, "x").unwrap_err();
    let edit = |form| Pane::Edit(Box::new(form));
    let link = |id: &str| LinkLine { id: id.to_owned(), at: NOW - 90_000_000, last_seen_at: NOW, way: Way::Snils };
    let linked = |part| {
        let record = record(Some(Source::Staff), Vec::new());
        Pane::Record { record: Box::new(Record { gosuslugi: Some(part), ..record }), saved: None }
    };
    let two = || gosuslugi(vec![link("l-1"), link("l-2")]);
    let asked = Some(("l-2".to_owned(), Proof::Wrong));
    let family = |new_parent, family_done, kin: bool| {
        let mut record = record(Some(Source::Staff), Vec::new());
        if !kin {
            record.family.clear();
        }
        Pane::Record { record: Box::new(Record { new_parent, family_done, ..record }), saved: None }
    };
    let typed = PersonForm {
        values: PARENT_FIELDS.map(|field| (field, format!("\"{field:?}"))).to_vec(),
        faults: vec![(PersonField::Mobile, FieldFault::MobileShort)],
    };
    let refused = NewParent { relation: Relation::Father, is_taken: true, person: typed, ..new_parent() };
    let mut cases = vec![
        ("personal-parent-added", family(Some(new_parent()), Some(FamilyDone::Added), true)),
        ("personal-parent-removed", family(Some(new_parent()), Some(FamilyDone::Removed), false)),
        ("personal-parent-same", family(None, Some(FamilyDone::Same), true)),
        ("personal-parent-refused", family(Some(refused), None, true)),
        ("personal-linked", linked(two())),
        ("personal-unlinked", linked(GosuslugiPart { unlinked: true, ..gosuslugi(Vec::new()) })),
        ("personal-link-read", linked(GosuslugiPart { may_unlink: false, ..two() })),
        ("personal-unlink-proof", linked(GosuslugiPart { asked, ..two() })),
        ("personal-nobody", Pane::Nobody),
        ("personal", shown(None, None)),
        ("personal-saved", shown(Some(Source::Staff), Some(true))),
        ("personal-same", shown(Some(Source::Roster), Some(false))),
        ("personal-self", shown(Some(Source::Oneself), None)),
        ("personal-history", Pane::Record { record: Box::new(record(Some(Source::Staff), changes)), saved: None }),
        ("personal-edit", edit(edit_form())),
        (
            "personal-refused",
            edit(EditForm { faults: PersonField::ALL.into_iter().zip(FieldFault::ALL).collect(), ..edit_form() }),
        ),
        (
            "personal-conflict",
            edit(EditForm {
                conflicts: vec![ConflictLine {
                    field: PersonField::Email,
                    theirs: Some("a@b.example".to_owned()),
                    by: "Соколова М. П.".to_owned(),
                    at: NOW - 60_000,
                }],
                ..edit_form()
            }),
        ),
    ];
    cases.push(("personal-no-number", Pane::Record { record: Box::new(no_number), saved: None }));
    for saved in [true, false] {
        cases.push(("personal-number-saved", number(NumberForm { saved: Some(saved), ..NumberForm::default() })));
    }
    for problem in [
        NumberProblem::Wrong(check_digit),
        NumberProblem::Wrong(not_digits),
        NumberProblem::Taken,
        NumberProblem::Changed,
        NumberProblem::TooMany(1_800),
    ] {
        let kind = IdKind::Fictitious;
        cases.push((
            "personal-number-refused",
            number(NumberForm { kind, problem: Some(problem), ..NumberForm::default() }),
        ));
    }
    for removing in [true, false] {
        let proof = Some(Proof::Wrong);
        cases.push(("personal-number-proof", number(NumberForm { removing, proof, ..NumberForm::default() })));
    }
    for proof in [Proof::Needed, Proof::Empty, Proof::Wrong, Proof::Wait(300), Proof::NoPassword] {
        cases.push(("personal-proof", edit(EditForm { proof: Some(proof), ..edit_form() })));
    }
    for (name, pane) in cases {
        let page = page(pane);
        pages.push(render(name, &ctx, personal::meta(&ctx, &page), || personal_view(&ctx, page)));
    }
}

fn staff_pages(pages: &mut Vec<Rendered>, locale: Locale) {
    let right = |role, class: Option<(&str, &str)>| Right {
        role,
        class: class.map(|(id, title)| (id.to_owned(), title.to_owned())),
        may_revoke: true,
    };
    let row = |id: &str, rights, account, last_sign_in_at| StaffRow {
        id: id.to_owned(),
        name: format!("Учитель {id}"),
        title: "учитель математики".to_owned(),
        rights,
        account,
        version: 3,
        mobile: Some("+7 900 •••-••-67".to_owned()),
        email: Some("a•••@primer.example".to_owned()),
        last_sign_in_at,
    };
    let lacking = |id: &str, account| StaffRow { mobile: None, email: None, ..row(id, Vec::new(), account, None) };
    let rows = vec![
        row(
            "t-1",
            vec![right(Role::ClassTeacher, Some(("c-1", "5А"))), right(Role::DeputyHead, None)],
            StaffAccount::Active,
            Some(NOW - 1_000),
        ),
        row("t-2", vec![right(Role::SchoolAdministrator, None)], StaffAccount::Invited, None),
        row("t-3", Vec::new(), StaffAccount::None, None),
        lacking("t-4", StaffAccount::None),
        StaffRow { rights: vec![right(Role::DeputyHead, None)], ..lacking("t-5", StaffAccount::Active) },
        lacking("t-6", StaffAccount::Barred),
    ];
    let page = |kind| StaffPage {
        kind,
        school: school(),
        schools: vec![school(), SchoolChoice { id: "s-2".to_owned(), name: "ניצנים".to_owned() }],
        rows: rows.clone(),
        may: Some(StaffRights {
            roles: vec![Role::ClassTeacher, Role::DeputyHead],
            classes: vec![("c-1".to_owned(), "5А".to_owned())],
        }),
        form: AddForm::default(),
        done: None,
        trouble: None,
    };
    let refused = |problem| {
        Some(Trouble::Grant(RefusedGrant {
            person: "t-1".to_owned(),
            problem,
            role: "class_teacher".to_owned(),
            class: "c-1".to_owned(),
        }))
    };
    let uninvited = |problem| Some(Trouble::Invite("t-3".to_owned(), problem));
    let contacts = |faults, problem| {
        Some(Trouble::Contacts(ContactsForm {
            person: "t-4".to_owned(),
            values: vec![(PersonField::Mobile, "<i>".to_owned()), (PersonField::Email, String::new())],
            faults,
            problem,
        }))
    };
    let teachers = page(PostKind::Teacher);
    let form = AddForm {
        person: PersonForm {
            values: vec![(PersonField::Surname, "<b>".to_owned())],
            faults: vec![(PersonField::Surname, FieldFault::Characters)],
        },
        title: "учитель".to_owned(),
        bad_title: true,
        ..AddForm::default()
    };
    let known = |id: &str| KnownChoice {
        id: id.to_owned(),
        name: "Ежова <b>".to_owned(),
        posts: vec![(PostKind::Specialist, String::new()), (PostKind::Teacher, "учитель".to_owned())],
        classes: vec!["5А".to_owned()],
        contacts: vec!["+7 900 •••-••-67".to_owned()],
    };
    let asked = AddForm { known: vec![known("k-1"), known("k-2")], chosen: "k-2".to_owned(), ..AddForm::default() };
    for (name, page) in [
        ("staff-teachers", teachers.clone()),
        ("staff-specialists", page(PostKind::Specialist)),
        ("staff-administration", page(PostKind::Administration)),
        ("staff-read", StaffPage { may: None, schools: vec![school()], ..teachers.clone() }),
        ("staff-empty", StaffPage { rows: Vec::new(), done: Some(StaffDone::Ended), ..teachers.clone() }),
        ("staff-empty-read", StaffPage { rows: Vec::new(), may: None, ..teachers.clone() }),
        ("staff-added", StaffPage { done: Some(StaffDone::Added), ..teachers.clone() }),
        ("staff-granted", StaffPage { done: Some(StaffDone::Granted), ..teachers.clone() }),
        ("staff-revoked", StaffPage { done: Some(StaffDone::Revoked), ..teachers.clone() }),
        ("staff-refused", StaffPage { form, ..teachers.clone() }),
        ("staff-class", StaffPage { trouble: refused(GrantProblem::ClassMissing), ..teachers.clone() }),
        ("staff-own", StaffPage { trouble: refused(GrantProblem::Own), ..teachers.clone() }),
        ("staff-proof", StaffPage { trouble: refused(GrantProblem::ProofNeeded), ..teachers.clone() }),
        ("staff-invited", StaffPage { done: Some(StaffDone::Invited), ..teachers.clone() }),
        ("staff-contacts", StaffPage { done: Some(StaffDone::Contacts(true)), ..teachers.clone() }),
        ("staff-same-contacts", StaffPage { done: Some(StaffDone::Contacts(false)), ..teachers.clone() }),
        ("staff-no-email", StaffPage { trouble: uninvited(InviteProblem::NoEmail), ..teachers.clone() }),
        ("staff-no-mobile", StaffPage { trouble: uninvited(InviteProblem::NoMobile), ..teachers.clone() }),
        ("staff-has-account", StaffPage { trouble: uninvited(InviteProblem::HasAccount), ..teachers.clone() }),
        ("staff-no-post", StaffPage { trouble: uninvited(InviteProblem::NoPost), ..teachers.clone() }),
        ("staff-invite-proof", StaffPage { trouble: uninvited(InviteProblem::ProofNeeded), ..teachers.clone() }),
        ("staff-invite-many", StaffPage { trouble: uninvited(InviteProblem::TooMany(300)), ..teachers.clone() }),
        (
            "staff-contacts-refused",
            StaffPage { trouble: contacts(vec![(PersonField::Mobile, FieldFault::Mobile)], None), ..teachers.clone() },
        ),
        (
            "staff-contacts-proof",
            StaffPage { trouble: contacts(Vec::new(), Some(ContactsProblem::ProofNeeded)), ..teachers.clone() },
        ),
        (
            "staff-contacts-changed",
            StaffPage { trouble: contacts(Vec::new(), Some(ContactsProblem::Changed)), ..teachers.clone() },
        ),
        ("staff-known", StaffPage { form: asked, ..teachers }),
    ] {
        let ctx = context(locale, staff::section(page.kind).path());
        pages.push(render(name, &ctx, staff::meta(&ctx, &page), || staff_view(&ctx, page)));
    }
}

fn all_pages() -> Vec<Rendered> {
    let mut pages = Vec::new();
    for locale in Locale::ALL {
        lists(&mut pages, locale);
        group_pages(&mut pages, locale);
        photo_pages(&mut pages, locale);
        personal_pages(&mut pages, locale);
        staff_pages(&mut pages, locale);
    }
    pages
}

/// Values of an attribute, in order.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    html.split(&format!(" {attribute}=\"")).skip(1).map(|rest| rest.split('"').next().unwrap()).collect()
}

fn page<'a>(pages: &'a [Rendered], name: &str) -> &'a str {
    &pages.iter().find(|page| page.name == name).unwrap().html
}

#[test]
fn every_page_holds_what_no_page_may_break() {
    let pages = all_pages();
    if let Some(folder) = env::var_os("PREVIEW_DIR") {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(folder);
        fs::create_dir_all(&folder).unwrap();
        for page in &pages {
            fs::write(folder.join(format!("{}.html", page.name)), &page.html).unwrap();
        }
    }
    for Rendered { name, locale, html } in &pages {
        let head = format!("<!DOCTYPE html><html lang=\"{}\" dir=\"{}\">", locale.code(), locale.dir());
        assert!(html.starts_with(&head), "{name}");
        assert!(html.contains("<body class=\"staff\">"), "{name}");
        assert_eq!(html.matches("<h1").count(), 1, "{name}: one heading of the page");
        assert_eq!(html.matches("<main").count(), 1, "{name}");
        assert!(html.matches(" leaf").count() <= 1, "{name}: one leaf a page");
        assert!(!html.contains(" style="), "{name}: a style attribute");
        assert!(!html.contains("<script"), "{name}: a script");
        assert!(html.contains("name=\"robots\""), "{name}: nobody's business but the reader's");

        let ids: Vec<_> = values(html, "id");
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{name}: an id twice in {ids:?}");
        for attribute in ["aria-labelledby", "aria-describedby", "for"] {
            for id in values(html, attribute).iter().flat_map(|ids| ids.split(' ')) {
                assert!(unique.contains(&id), "{name}: {attribute} names {id}, which is not there");
            }
        }
        let used: BTreeSet<_> = values(html, "href").into_iter().filter_map(|href| href.strip_prefix("#i-")).collect();
        for icon in &used {
            assert!(unique.contains(&&*format!("i-{icon}")), "{name}: icon {icon} is not in the sprite");
        }
        assert_eq!(html.matches("<symbol").count(), used.len(), "{name}: the sprite holds what is used and no more");
        for method in values(html, "method") {
            assert_eq!(method, "post", "{name}: what is typed is never in an address");
        }
    }
}

#[test]
fn the_header_shows_where_one_is_and_what_waits() {
    let pages = all_pages();
    let html = page(&pages, "list.ru");
    assert!(html.contains("href=\"/people/pupils\" aria-current=\"page\""), "{html}");
    assert!(html.contains("4 заявки ждут решения"));
    assert!(html.contains("Я – учитель"));
    assert!(html.contains("https://journal.example/"));
    assert!(html.contains("action=\"/sign-out\""));
    // Away from work there is the family's header, with the way back to work in the menu.
    let ctx = context(Locale::Ru, "/me");
    let other = render("me", &ctx, PageMeta::titled("Я"), || ().into_any());
    assert!(other.html.contains("<body class=\"family\">"));
    assert!(!other.html.contains("class=\"sections\""));
    assert!(other.html.contains("href=\"/people/pupils\"") && other.html.contains("href=\"/me\""));
}

#[test]
fn the_picker_leads_to_the_same_tab_and_tells_the_meter_in_words() {
    let pages = all_pages();
    let html = page(&pages, "photos.en");
    assert!(html.contains("href=\"/people/pupils/c-2/photos\""));
    assert!(html.contains("class=\"gap\""));
    assert!(html.contains(", 84% ready"));
    assert!(html.contains("<rect width=\"84\""), "{html}");
    assert!(html.contains("href=\"/people/pupils?all=1\""));
}

#[test]
fn the_register_shows_whom_it_is_asked_for() {
    let pages = all_pages();
    let named = page(&pages, "list-named.ru");
    assert!(named.contains("Джалилов Резида Егорович") && !named.contains("Ученик 3"));
    assert!(!page(&pages, "list-not-ready.ru").contains("Джалилов"));
    let nobody = page(&pages, "list-nobody.en");
    assert!(nobody.contains("Nobody in this class") && nobody.contains("value=\"&lt;b&gt;\""));
    assert!(page(&pages, "list-ready.en").contains("Everybody is ready"));
    assert!(page(&pages, "list.ru").contains("3 из 19 могут войти"));
}

#[test]
fn paper_says_as_the_screen_does_whom_not_to_contact() {
    let pages = all_pages();
    let guardians = students().iter().filter(|row| !row.parents.is_empty()).count();
    for (locale, words) in
        [("en", "not to be contacted"), ("ru", "не писать и не звонить"), ("he", "לא לפנות"), ("ar", "عدم التواصل")]
    {
        for name in ["list", "list-print"] {
            let html = page(&pages, &format!("{name}.{locale}"));
            assert_eq!(html.matches(words).count(), guardians, "{name}.{locale}");
        }
    }
}

#[test]
fn a_parent_sees_the_children_with_class_and_teacher() {
    let child = |class: bool, photo| ChildCard {
        id: "u-1".to_owned(),
        name: "Итай <b>".to_owned(),
        initial: "И".to_owned(),
        photo,
        class: class.then(|| ChildClass {
            title: "ה1".to_owned(),
            school: "ניצנים".to_owned(),
            teachers: vec!["Бутрович В. И.".to_owned()],
        }),
    };
    for locale in Locale::ALL {
        let ctx = context(locale, "/me/children/u-1");
        let card = child(true, Some(4));
        let own = render("child", &ctx, child::meta(&card), || child_view(&ctx, card));
        assert!(own.html.contains("/people/pupils/photo/u-1?v=4"), "{}", own.html);
        assert!(own.html.contains("Бутрович В. И.") && !own.html.contains("<b>"));
        let cards = [child(true, None), child(false, None)];
        let all = render("children", &ctx, PageMeta::titled("Me"), || children_view(locale, &cards));
        assert!(all.html.contains("href=\"/me/children/u-1\""), "{}", all.html);
    }
}

#[test]
fn letters_speak_the_parents_language_and_hold_no_secret() {
    let pages = all_pages();
    let html = page(&pages, "letters.en");
    assert!(html.contains("lang=\"he\" dir=\"rtl\"") && html.contains("lang=\"ru\" dir=\"ltr\""));
    assert!(html.contains("https://portal.example/register"));
    assert!(html.contains("050-•••••67") && html.contains("•••••••23"));
}

#[test]
fn without_a_help_line_a_letter_names_the_school_office() {
    for (locale, office) in [
        (Locale::He, "מזכירות בית הספר"),
        (Locale::Ar, "سكرتارية المدرسة"),
        (Locale::Ru, "Обратитесь в школу"),
        (Locale::En, "Ask the school office"),
    ] {
        let mut ctx = context(locale, "/people/pupils/c-1/letters");
        Arc::make_mut(&mut ctx.portal).help_line = None;
        let letter = Letter {
            locale,
            parent: "Дана".to_owned(),
            child: "Итай".to_owned(),
            number_masked: None,
            mobile_masked: None,
        };
        let page = LettersPage {
            frame: frame(Tab::List),
            letters: vec![letter],
            address: "https://portal.example/register".to_owned(),
        };
        let meta = letters::meta(&ctx, &page.frame);
        let html = render("letters-no-line", &ctx, meta, || letters_view(&ctx, page)).html;
        assert!(html.contains(office), "{html}");
        assert!(!html.contains("tel:") && !html.contains("\u{fffc}"), "{html}");
    }
}

#[test]
fn a_refused_form_keeps_what_was_typed() {
    let pages = all_pages();
    let html = page(&pages, "personal-refused.en");
    assert!(html.contains("<title>Error: "));
    assert!(html.contains("value=\"&quot;Email\""));
    assert!(html.contains("name=\"version\" value=\"7\""));
    assert!(page(&pages, "personal-conflict.en").contains("a@b.example"));
    let parent = page(&pages, "personal-parent-refused.en");
    assert!(parent.contains("<title>Error: ") && parent.contains("value=\"&quot;Surname\""));
    assert!(parent.contains("<option value=\"father\" selected"));
    assert!(page(&pages, "personal-proof.en").contains("autocomplete=\"current-password\""));
    assert!(page(&pages, "groups-refused.en").contains("value=\"&quot;&lt;script&gt;\""));
    assert!(page(&pages, "staff-refused.en").contains("value=\"&lt;b&gt;\""));
    let proof = page(&pages, "staff-proof.en");
    assert!(proof.contains("href=\"/me/confirm?next=/people/teachers%3Fschool%3Ds-1\""));
    assert!(proof.contains("<option value=\"c-1\" selected"));
    assert!(page(&pages, "staff-contacts-refused.en").contains("value=\"&lt;i&gt;\""));
    let known = page(&pages, "staff-known.en");
    assert!(known.contains("value=\"k-2\" checked") && !known.contains("value=\"k-1\" checked"), "{known}");
    assert!(known.contains("Ежова &lt;b&gt;"));
}

#[test]
fn whoever_lacks_an_account_is_invited_once_all_is_there_that_it_takes() {
    let pages = all_pages();
    let teachers = page(&pages, "staff-teachers.en");
    assert_eq!(teachers.matches("value=\"invite\"").count(), 1, "{teachers}");
    assert_eq!(page(&pages, "staff-read.en").matches("value=\"invite\"").count(), 0);
    let again = page(&pages, "staff-invite-proof.en");
    assert!(again.contains("href=\"/me/confirm?next=/people/teachers%3Fschool%3Ds-1\""));
    assert!(page(&pages, "staff-has-account.en").contains("href=\"/admin/accounts\""));
}

#[test]
fn readers_are_offered_nothing_to_change() {
    let pages = all_pages();
    for (name, action) in [
        ("groups-read.en", "/people/pupils/c-1/groups"),
        ("photos-read.en", "/people/pupils/c-1/photos"),
        ("staff-read.en", "/people/teachers?school=s-1"),
        ("personal.en", "/people/pupils/c-1/personal/number"),
        ("personal.en", "/people/pupils/c-1/personal/id-number"),
    ] {
        assert!(!page(&pages, name).contains(&format!("action=\"{action}\"")), "{name}");
    }
    assert!(!page(&pages, "personal.en").contains("edit=1"));
    assert!(!page(&pages, "personal.en").contains("/personal/parents"));
    let removal = "action=\"/people/pupils/c-1/personal/parents/remove\"";
    assert_eq!(page(&pages, "personal-saved.en").matches(removal).count(), 1, "of a parent, not of a child");
    let number = "action=\"/people/pupils/c-1/personal/id-number\"";
    assert_eq!(page(&pages, "personal-saved.en").matches(number).count(), 2, "one sets it, one removes it");
    assert_eq!(page(&pages, "personal-no-number.en").matches(number).count(), 1, "there is nothing to remove");
    let refused = page(&pages, "personal-number-refused.en");
    assert!(refused.contains("value=\"&quot;&lt;b&gt;\"") && refused.contains("<option value=\"fictitious\" selected"));
    let unlink = "/people/pupils/c-1/personal/unlink";
    assert_eq!(page(&pages, "personal-linked.en").matches(unlink).count(), 2);
    assert_eq!(page(&pages, "personal-unlink-proof.en").matches("autocomplete=\"current-password\"").count(), 1);
    for name in ["personal.en", "personal-link-read.en", "personal-unlinked.en"] {
        assert!(!page(&pages, name).contains(unlink), "{name}");
    }
}
