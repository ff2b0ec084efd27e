//! Groups and photos of students, on both databases.

use std::collections::BTreeSet;
use std::io::Cursor;

use domain::Role;
use services::access::AccessError;
use services::groups::GroupError;
use services::people::NewPerson;
use services::photos::{PhotoError, PictureError};
use services::{ClassId, PersonId, Session};

use crate::common::TestContext;
use crate::on_both_databases;
use crate::portal::*;

on_both_databases!(
    a_group_is_a_part_of_its_classes,
    members_are_students_of_the_groups_classes,
    a_group_of_two_classes_is_removed_by_who_has_both,
    titles_are_judged,
    a_photo_is_put_seen_and_removed,
    a_photo_is_for_the_family_and_the_school,
    what_is_no_photo_is_refused,
    photos_are_sealed_anew,
);

struct Small {
    world: World,
    class: ClassId,
    other: ClassId,
    teacher: Session,
    deputy: Session,
    anna: PersonId,
    /// In the other class.
    lev: PersonId,
}

async fn small(ctx: TestContext) -> Small {
    let world = World::new(ctx);
    let school = world.school("Школа № 5").await;
    let (class, other) = (world.class(school, "5А").await, world.class(school, "5Б").await);
    let teacher = world.staff("Бутрович", &[leads(school, class)]).await;
    let deputy = world.staff("Соколова", &[at_school(Role::DeputyHead, school)]).await;
    let anna = world.student(class, &NewPerson::named(name("Ежова", "Анна"))).await;
    let lev = world.student(other, &NewPerson::named(name("Яшин", "Лев"))).await;
    Small { world, class, other, teacher, deputy, anna, lev }
}

fn is_refused(result: &Result<(), GroupError>) -> bool {
    matches!(result, Err(GroupError::Access(AccessError::Refused)))
}

async fn a_group_is_a_part_of_its_classes(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, visit) = (&small.world, small.world.home());
    let groups = world.portal.groups();
    let english = groups.create(&visit, &small.teacher, &[small.class], " Английский  5А-1 ").await.unwrap();
    let both = groups.create(&visit, &small.deputy, &[small.other, small.class], "Хор").await.unwrap();
    let listed = groups.list(&visit, &small.teacher, small.class).await.unwrap();
    let shown: Vec<_> = listed
        .iter()
        .map(|group| {
            let classes: Vec<_> = group.classes.iter().map(|(_, title)| title.as_str().to_owned()).collect();
            (group.id, group.title.as_str(), classes)
        })
        .collect();
    let (five_a, both_classes) = (vec!["5А".to_owned()], vec!["5А".to_owned(), "5Б".to_owned()]);
    assert_eq!(shown, [(english, "Английский 5А-1", five_a), (both, "Хор", both_classes)]);
    let others = groups.list(&visit, &small.deputy, small.other).await.unwrap();
    assert_eq!(others.len(), 1);
    assert!(matches!(groups.list(&visit, &small.teacher, small.other).await, Err(AccessError::Refused)));
    groups.change(&visit, &small.teacher, english, None, "Английский 1", &[small.class]).await.unwrap();
    groups.change(&visit, &small.teacher, english, None, "Английский 1", &[small.class]).await.unwrap();
    groups.delete(&visit, &small.teacher, english, None).await.unwrap();
    assert_eq!(groups.list(&visit, &small.teacher, small.class).await.unwrap().len(), 1);
    assert_eq!(world.audited("group.changed", "success").await, 4);
    let gone = groups.delete(&visit, &small.teacher, english, None).await;
    assert!(matches!(gone, Err(GroupError::Access(AccessError::NotFound))));
}

async fn members_are_students_of_the_groups_classes(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, visit) = (&small.world, small.world.home());
    let groups = world.portal.groups();
    let choir = groups.create(&visit, &small.deputy, &[small.class, small.other], "Хор").await.unwrap();
    let own = groups.create(&visit, &small.teacher, &[small.class], "Английский").await.unwrap();
    for _ in 0..2 {
        groups.set_member(&visit, &small.teacher, choir, small.anna, true).await.unwrap();
    }
    groups.set_member(&visit, &small.deputy, choir, small.lev, true).await.unwrap();
    let members =
        |listed: Vec<services::groups::Group>| listed.into_iter().map(|group| group.members).collect::<Vec<_>>();
    let listed = groups.list(&visit, &small.teacher, small.class).await.unwrap();
    assert_eq!(members(listed), [BTreeSet::new(), BTreeSet::from([small.anna])], "each class sees its own");
    let listed = groups.list(&visit, &small.deputy, small.other).await.unwrap();
    assert_eq!(members(listed), [BTreeSet::from([small.lev])]);

    let refused = groups.set_member(&visit, &small.teacher, choir, small.lev, false).await;
    assert!(is_refused(&refused));
    let elsewhere = groups.set_member(&visit, &small.deputy, own, small.lev, true).await;
    assert!(matches!(elsewhere, Err(GroupError::NotInClass)));
    // A parent is in no class.
    let mother = world.parent_of(small.anna, "mother", &NewPerson::named(name("Ежова", "Ольга"))).await;
    let adult = groups.set_member(&visit, &small.deputy, choir, mother, true).await;
    assert!(matches!(adult, Err(GroupError::NotInClass)));
    for _ in 0..2 {
        groups.set_member(&visit, &small.teacher, choir, small.anna, false).await.unwrap();
    }
    assert_eq!(world.count("group_members").await, 1);
    // Two were made, two joined, one left.
    assert_eq!(world.audited("group.changed", "success").await, 5);
}

async fn a_group_of_two_classes_is_removed_by_who_has_both(ctx: TestContext) {
    let small = small(ctx).await;
    let visit = small.world.home();
    let groups = small.world.portal.groups();
    let choir = groups.create(&visit, &small.deputy, &[small.class, small.other], "Хор").await.unwrap();
    assert!(is_refused(&groups.delete(&visit, &small.teacher, choir, None).await));
    assert!(is_refused(&groups.change(&visit, &small.teacher, choir, None, "Мой хор", &[small.class]).await));
    let refused = groups.create(&visit, &small.teacher, &[small.class, small.other], "Оркестр").await.map(|_| ());
    assert!(is_refused(&refused));
    groups.delete(&visit, &small.deputy, choir, None).await.unwrap();
    // Of one school, and of one class at least.
    let far = small.world.school("Школа № 9").await;
    let far_class = small.world.class(far, "5А").await;
    let system = small.world.staff("Орлова", &[everywhere()]).await;
    let mixed = groups.create(&visit, &system, &[small.class, far_class], "Хор").await;
    assert!(matches!(mixed, Err(GroupError::Classes)));
    assert!(matches!(groups.create(&visit, &system, &[], "Хор").await, Err(GroupError::Classes)));
}

async fn titles_are_judged(ctx: TestContext) {
    let small = small(ctx).await;
    let visit = small.world.home();
    let groups = small.world.portal.groups();
    for title in ["", "  ", &"я".repeat(61), "Хор\u{7}"] {
        let refused = groups.create(&visit, &small.teacher, &[small.class], title).await;
        assert!(matches!(refused, Err(GroupError::Title)), "{title:?}");
    }
}

/// A picture of one colour.
fn png(width: u32, height: u32) -> Vec<u8> {
    let picture = image::RgbImage::from_pixel(width, height, image::Rgb([40, 90, 160]));
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

async fn a_photo_is_put_seen_and_removed(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, visit) = (&small.world, small.world.home());
    let photos = world.portal.photos();
    assert_eq!(photos.find(&visit, &small.teacher, small.anna).await.unwrap(), None);
    let first = photos.put(&visit, &small.teacher, small.anna, png(600, 800)).await.unwrap();
    let (image, version) = photos.find(&visit, &small.teacher, small.anna).await.unwrap().unwrap();
    assert_eq!((version, &image[..4], &image[8..12]), (first, &b"RIFF"[..], &b"WEBP"[..]));
    assert_eq!(image::load_from_memory(&image).unwrap().to_rgb8().dimensions(), (512, 512));
    // A photo of the same moment, and one after a removal, have versions of their own.
    let second = photos.put(&visit, &small.teacher, small.anna, png(300, 300)).await.unwrap();
    assert!(second > first);
    let versions = photos.versions(&visit, &small.teacher, small.class).await.unwrap();
    assert_eq!(versions.into_iter().collect::<Vec<_>>(), [(small.anna, second)]);
    for _ in 0..2 {
        photos.remove(&visit, &small.teacher, small.anna).await.unwrap();
    }
    assert_eq!(photos.find(&visit, &small.teacher, small.anna).await.unwrap(), None);
    world.ctx.clock.advance(SECOND);
    assert!(photos.put(&visit, &small.teacher, small.anna, png(300, 300)).await.unwrap() > second);
    assert_eq!(world.audited("photo.changed", "success").await, 4);
}

async fn a_photo_is_for_the_family_and_the_school(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, visit) = (&small.world, small.world.home());
    let photos = world.portal.photos();
    photos.put(&visit, &small.teacher, small.anna, png(300, 300)).await.unwrap();
    let mother = world.parent_of(small.anna, "mother", &parent()).await;
    world.account_of(mother).await;
    let mother = world.sign_in(&visit, PARENT_ID).await.session;
    assert!(photos.find(&visit, &mother, small.anna).await.unwrap().is_some());
    let own = Session { person_id: small.anna, ..mother.clone() };
    assert!(photos.find(&visit, &own, small.anna).await.unwrap().is_some());
    // Not by strangers, not by whoever must not see the child, and not to be changed by the family.
    let stranger = Session { person_id: small.lev, ..mother.clone() };
    let refused = photos.find(&visit, &stranger, small.anna).await;
    assert!(matches!(refused, Err(PhotoError::Access(AccessError::Refused))));
    let refused = photos.put(&visit, &mother, small.anna, png(300, 300)).await;
    assert!(matches!(refused, Err(PhotoError::Access(AccessError::Refused))));
    world.ctx.execute("UPDATE guardians SET may_see = 0").await.unwrap();
    let refused = photos.find(&visit, &mother, small.anna).await;
    assert!(matches!(refused, Err(PhotoError::Access(AccessError::Refused))));
    // A teacher puts photos of the own class alone; a photo of an adult there is none.
    let refused = photos.put(&visit, &small.teacher, small.lev, png(300, 300)).await;
    assert!(matches!(refused, Err(PhotoError::Access(AccessError::Refused))));
    let refused = photos.versions(&visit, &small.teacher, small.other).await;
    assert!(matches!(refused, Err(AccessError::Refused)));
    let adult = photos.put(&visit, &small.deputy, mother.person_id, png(300, 300)).await;
    assert!(matches!(adult, Err(PhotoError::NoStudent)));
    assert_eq!(world.audited("access.refused", "refused").await, 5);
}

async fn what_is_no_photo_is_refused(ctx: TestContext) {
    let small = small(ctx).await;
    let visit = small.world.home();
    let photos = small.world.portal.photos();
    let too_big = vec![0; services::photos::MAX_BYTES + 1];
    let script = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>".to_vec();
    for (file, expected) in [
        (too_big, PictureError::TooBig),
        (script, PictureError::Format),
        (b"%PDF-1.7".to_vec(), PictureError::Format),
        (png(95, 400), PictureError::TooSmall),
        (png(300, 300)[..60].to_vec(), PictureError::Broken),
    ] {
        let refused = photos.put(&visit, &small.teacher, small.anna, file).await;
        assert!(matches!(&refused, Err(PhotoError::Picture(found)) if *found == expected), "{refused:?}");
    }
    assert_eq!(small.world.count("photos").await, 0);
}

async fn photos_are_sealed_anew(ctx: TestContext) {
    let small = small(ctx).await;
    let (world, visit) = (&small.world, small.world.home());
    world.portal.photos().put(&visit, &small.teacher, small.anna, png(300, 300)).await.unwrap();
    let mut ring = world.ctx.ring.clone();
    ring.rotate(world.ctx.rng.as_ref(), world.now());
    let rotated = World::new(world.ctx.with_ring(&ring));
    let done = services::store::reseal::reseal(&rotated.ctx.context(), 100, |_| {}).await.unwrap();
    assert!(done > 0);
    let (image, _) = rotated.portal.photos().find(&visit, &small.teacher, small.anna).await.unwrap().unwrap();
    assert!(image.starts_with(b"RIFF"));
    let again = services::store::reseal::reseal(&rotated.ctx.context(), 100, |_| {}).await.unwrap();
    assert_eq!(again, 0, "nothing is left under the old key");
}
