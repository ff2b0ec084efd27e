//! Folders: whole files, one per key, sorted by time.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use mail_parser::MessageParser;
use services::ManualClock;

use crate::{NOW, a_mail, assert_tells_nothing, build, delivery, sms};

fn settings(path: &Path) -> String {
    format!(
        "[[sms]]\nkind = \"folder\"\nname = \"files\"\npath = '{0}/sms'\n\
         [[mail]]\nkind = \"folder\"\nname = \"files\"\npath = '{0}/mail'\nfrom = \"portal@nitzanim.example\"\n",
        path.display()
    )
}

fn names(path: &Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(path).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn one_file_per_key_sorted_by_time() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Arc::new(ManualClock::new(NOW));
    let delivery = build(&settings(folder.path()), Arc::clone(&clock)).unwrap();
    assert_eq!(delivery.send_sms(&sms("b")).await.unwrap().gateway, "files");
    clock.advance(1);
    delivery.send_sms(&sms("a")).await.unwrap();
    clock.advance(1);
    delivery.send_sms(&sms("b")).await.unwrap();
    let path = folder.path().join("sms");
    let files = names(&path);
    assert_eq!(files.len(), 2, "{files:?}");
    assert!(files[0].starts_with("1795305600000-"), "{files:?}");
    assert_eq!(Path::new(&files[0]).extension().unwrap(), "json");
    assert!(files[1].starts_with("1795305600001-"), "{files:?}");
    let read: serde_json::Value = serde_json::from_slice(&fs::read(path.join(&files[0])).unwrap()).unwrap();
    let expected = serde_json::json!({ "to": "+972501234567", "text": sms("b").text, "at": NOW, "key": "b" });
    assert_eq!(read, expected);

    // A new process knows the keys of the old one.
    let again = build(&settings(folder.path()), clock).unwrap();
    again.send_sms(&sms("a")).await.unwrap();
    again.send_sms(&sms("b")).await.unwrap();
    assert_eq!(names(&path), files);
    again.send_sms(&sms("c")).await.unwrap();
    assert_eq!(names(&path).len(), 3);
}

#[tokio::test]
async fn mails_are_eml_files() {
    let folder = tempfile::tempdir().unwrap();
    let delivery = delivery(&settings(folder.path()));
    delivery.send_mail(&a_mail("k")).await.unwrap();
    delivery.send_mail(&a_mail("k")).await.unwrap();
    let path = folder.path().join("mail");
    let files = names(&path);
    assert_eq!(files.len(), 1);
    assert_eq!(Path::new(&files[0]).extension().unwrap(), "eml");
    let raw = fs::read(path.join(&files[0])).unwrap();
    let read = MessageParser::default().parse(&raw).unwrap();
    assert_eq!(read.subject(), Some(a_mail("k").subject.as_str()));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(path.join(&files[0])).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "codes are nobody else's business");
    }
}

#[tokio::test]
async fn many_at_once_lose_nothing_and_write_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let delivery = delivery(&settings(folder.path()));
    let tasks: Vec<_> = (0..64)
        .map(|n| {
            let delivery = delivery.clone();
            tokio::spawn(async move { delivery.send_sms(&sms(&format!("key {}", n % 16))).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let files = names(&folder.path().join("sms"));
    assert_eq!(files.len(), 16, "{files:?}");
}

#[tokio::test]
async fn a_folder_that_cannot_be_written() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("sms"), "a file where the folder should be").unwrap();
    let delivery = delivery(&settings(folder.path()));
    let error = delivery.send_sms(&sms("k")).await.unwrap_err();
    assert_eq!(error.code, "DEL-12");
    assert_tells_nothing(&error, &error.to_string());
    let reports = delivery.probe().await;
    assert_eq!(reports.len(), 2);
    assert_eq!(reports[0].outcome.as_ref().unwrap_err().code, "DEL-12");
    assert_eq!(reports[1].outcome, Ok(()));
    assert_eq!(names(&folder.path().join("mail")), Vec::<String>::new(), "a probe leaves nothing");
}
