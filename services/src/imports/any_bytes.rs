//! Whatever the bytes of a file are, reading it ends in a roster or in a reason, never in a panic. Random bytes seldom come far, so files
//! that are good but for a few bytes are tried, too.
#![allow(clippy::unwrap_used, reason = "a test may stop")]

use std::io::{Cursor, Write as _};
use std::sync::Arc;

use domain::{BirthDate, SchoolYear};
use proptest::prelude::*;
use rust_xlsxwriter::Workbook;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use super::model::Setting;
use super::source::{Origin, Shared};
use super::spill::Spill;
use crate::crypto::{KeyRing, Sealer};
use crate::rng::{Rng, SeededRng};

const LIST: &str = "Школа;Класс;Фамилия;Имя;Дата рождения;СНИЛС;Телефон;Мать: фамилия;Мать: имя\n\
    Школа № 5;5А;Ежова;Анна;03.06.2015;;+7 901 111-11-11;Ежова;\"Ольга \"\"Оля\"\"\"\n\
    Школа № 5;5Б;Яшин;Лев;31.12.2014;112-233-445 95;;;\n";

const FILES: [(&str, &str); 6] = [
    ("orgs.csv", "sourcedId,name,type\ns5,Школа № 5,school\n"),
    ("classes.csv", "sourcedId,title,classType,schoolSourcedId\nc5a,5А,homeroom,s5\neng,English 5A-1,scheduled,s5\n"),
    (
        "users.csv",
        "sourcedId,givenName,familyName,agentSourcedIds,sms\nu1,Анна,Ежова,p1,\nu2,Лев,Яшин,,\np1,Ольга,Ежова,,+79011111111\n",
    ),
    ("roles.csv", "sourcedId,userSourcedId,role,orgSourcedId\nr1,u1,student,s5\nr2,u2,student,s5\nr3,p1,parent,s5\n"),
    (
        "enrollments.csv",
        "sourcedId,classSourcedId,userSourcedId,role\ne1,c5a,u1,student\ne2,c5a,u2,student\ne3,eng,u1,student\n",
    ),
    ("demographics.csv", "sourcedId,birthDate,sex\nu1,2015-06-03,female\np1,1985-01-02,female\n"),
];

fn zipped(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (row, line) in (0..).zip(LIST.lines()) {
        for (column, cell) in (0..).zip(line.split(';')) {
            sheet.write_string(row, column, cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// A few bytes replaced, and perhaps the end cut off.
fn spoilt(mut bytes: Vec<u8>, changes: &[(prop::sample::Index, u8)], cut: Option<prop::sample::Index>) -> Vec<u8> {
    for (at, byte) in changes {
        let at = at.index(bytes.len());
        if let Some(place) = bytes.get_mut(at) {
            *place = *byte;
        }
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

/// Reads a file to its end, whatever it is.
fn read(bytes: Vec<u8>) {
    let setting = Setting {
        today: BirthDate::new(2026, 9, 1).unwrap(),
        year: SchoolYear::starting(2026),
        forced_year: None,
        country: None,
    };
    let rng: Arc<dyn Rng> = Arc::new(SeededRng::new(1));
    let spill = Spill::new(Sealer::new(&KeyRing::generate(rng.as_ref(), 0)), rng);
    if let Ok(mut roster) = super::read(&Origin::Bytes(Shared(bytes.into())), "file", &setting, spill, 1 << 20) {
        for school in 0..roster.schools.len() {
            roster.school(school).unwrap();
        }
    }
}

fn changes() -> impl Strategy<Value = Vec<(prop::sample::Index, u8)>> {
    prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)
}

proptest! {
    #[test]
    fn any_bytes_end_in_a_roster_or_a_reason(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(bytes);
    }

    #[test]
    fn a_spoilt_table_does(changes in changes(), cut in any::<Option<prop::sample::Index>>()) {
        read(spoilt(LIST.as_bytes().to_vec(), &changes, cut));
    }

    #[test]
    fn spoilt_files_in_a_zip_do(which in 0..FILES.len(), changes in changes(), cut in any::<Option<prop::sample::Index>>()) {
        let file = |(at, (name, content)): (usize, &(&'static str, &str))| {
            let content = content.as_bytes().to_vec();
            (*name, if at == which { spoilt(content, &changes, cut) } else { content })
        };
        read(zipped(&FILES.iter().enumerate().map(file).collect::<Vec<_>>()));
    }

    #[test]
    fn a_spoilt_zip_does(changes in changes(), cut in any::<Option<prop::sample::Index>>()) {
        let files: Vec<_> = FILES.iter().map(|(name, content)| (*name, content.as_bytes().to_vec())).collect();
        read(spoilt(zipped(&files), &changes, cut));
    }

    #[test]
    fn a_spoilt_workbook_does(changes in changes(), cut in any::<Option<prop::sample::Index>>()) {
        read(spoilt(workbook(), &changes, cut));
    }
}
