//! Rosters as OneRoster 1.2 files: the demo's, which stands in end2end/roster, and ones of any size for measuring imports.
//!
//! All of it is invented. The same arguments make the same files, byte for byte. Schools are made one after the other and again for each
//! file, so that a roster of a million people takes no more memory than one school.

mod demo;
mod files;
mod many;
mod numbers;

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

use crate::error::LoadError;

/// The arguments of `roster`.
#[derive(Args)]
pub struct Options {
    /// So many people, in as many schools as they need
    #[arg(long, value_name = "N", default_value_t = 1_000, conflicts_with = "demo", value_parser = clap::value_parser!(u32).range(10..=5_000_000))]
    people: u32,
    /// The demo's roster instead
    #[arg(long)]
    demo: bool,
    /// A zip, or a folder for the single files
    #[arg(long, value_name = "FILE.zip|FOLDER")]
    out: PathBuf,
}

/// Somebody in a roster.
#[derive(Clone, Default)]
pub struct Person {
    id: String,
    surname: String,
    given_name: String,
    patronymic: String,
    birth_date: String,
    /// `female` or `male`: tells mothers from fathers.
    sex: &'static str,
    id_number: String,
    snils: String,
    mobile: String,
    email: String,
    /// A role of OneRoster.
    role: &'static str,
    /// Ids of a student's parents.
    parents: Vec<String>,
    grade: String,
    /// Where a student is, and what a teacher teaches.
    class: Option<String>,
}

/// A class in a roster.
#[derive(Clone)]
pub struct Class {
    id: String,
    title: String,
    grade: String,
    /// Its class teacher's id.
    leader: String,
}

/// A school in a roster.
#[derive(Clone)]
pub struct School {
    id: String,
    name: String,
    country: &'static str,
    locale: &'static str,
    classes: Vec<Class>,
    people: Vec<Person>,
}

/// Schools by their numbers, each made when it is asked for.
pub trait Schools {
    /// How many there are.
    fn count(&self) -> usize;
    /// One of them; always the same.
    fn school(&self, number: usize) -> School;
}

/// The file with a line for each person.
pub const PEOPLE: &str = "users.csv";

/// Makes a roster.
pub fn run(options: &Options) -> Result<(), LoadError> {
    let demo = demo::Demo::new();
    let many = many::Many::new(options.people);
    let schools: &dyn Schools = if options.demo { &demo } else { &many };
    if options.out.extension().is_some_and(|end| end == "zip") {
        return write_zip(&options.out, schools);
    }
    fs::create_dir_all(&options.out).map_err(LoadError::file(&options.out))?;
    for file in files::FILES {
        write_file(&options.out, file, schools)?;
    }
    Ok(())
}

/// Makes a roster of so many people as a zip.
pub fn zip_of_many(people: u32, out: &Path) -> Result<(), LoadError> {
    write_zip(out, &many::Many::new(people))
}

/// Writes only [`PEOPLE`] of such a roster into a folder.
pub fn people_of_many(people: u32, folder: &Path) -> Result<(), LoadError> {
    let many = many::Many::new(people);
    files::FILES.iter().filter(|file| file.name == PEOPLE).try_for_each(|file| write_file(folder, file, &many))
}

fn write_zip(path: &Path, schools: &dyn Schools) -> Result<(), LoadError> {
    let failed = || LoadError::file(path);
    let out = BufWriter::new(File::create(path).map_err(failed())?);
    let mut zip = ZipWriter::new(out);
    for file in files::FILES {
        zip.start_file(file.name, SimpleFileOptions::default()).map_err(|error| failed()(error.into()))?;
        files::write(file, schools, &mut zip).map_err(failed())?;
    }
    let mut out = zip.finish().map_err(|error| failed()(error.into()))?;
    out.flush().map_err(failed())
}

fn write_file(folder: &Path, file: &files::Kind, schools: &dyn Schools) -> Result<(), LoadError> {
    let path = folder.join(file.name);
    let mut out = BufWriter::new(File::create(&path).map_err(LoadError::file(&path))?);
    files::write(file, schools, &mut out).map_err(LoadError::file(&path))?;
    out.flush().map_err(LoadError::file(&path))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failed unwrap is a failed test")]
    use super::*;

    fn text(file: &files::Kind, schools: &dyn Schools) -> String {
        let mut bytes = Vec::new();
        files::write(file, schools, &mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn the_demos_files_are_what_this_program_makes() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../roster");
        for file in files::FILES {
            let kept = fs::read_to_string(folder.join(file.name)).unwrap();
            let made = text(file, &demo::Demo::new());
            assert!(kept == made, "{}: run `schoolgate-load roster --demo --out end2end/roster`", file.name);
        }
    }

    #[test]
    fn the_demo_has_the_people_whom_everybody_can_try() {
        let demo = demo::Demo::new();
        let schools: Vec<School> = (0..demo.count()).map(|number| demo.school(number)).collect();
        assert_eq!(schools.len(), 2);
        for school in &schools {
            for class in &school.classes {
                let students = school
                    .people
                    .iter()
                    .filter(|person| person.role == "student" && person.class.as_ref() == Some(&class.id));
                assert_eq!(students.count(), 25, "{}", class.title);
            }
            let mut ids: Vec<&str> = school.people.iter().map(|person| person.id.as_str()).collect();
            ids.sort_unstable();
            assert!(ids.windows(2).all(|pair| pair[0] != pair[1]));
            for person in &school.people {
                for parent in &person.parents {
                    assert!(ids.binary_search(&parent.as_str()).is_ok(), "{parent}");
                }
            }
        }
        let titles: Vec<&str> =
            schools.iter().flat_map(|school| &school.classes).map(|class| class.title.as_str()).collect();
        assert_eq!(titles, ["5А", "5Б", "11А", "11Б", "ה1", "ה2"]);
        let all: Vec<&Person> = schools.iter().flat_map(|school| &school.people).collect();
        let by_number = |number: &str| all.iter().find(|person| person.id_number == number).unwrap();
        assert_eq!(by_number("123456782").birth_date, "1985-04-12");
        assert!(by_number("000000018").parents.contains(&by_number("123456782").id));
        assert!(by_number("000000026").parents.contains(&by_number("039337423").id));
        let by_mail = all.iter().find(|person| person.email == "primer123@mail.ru").unwrap();
        assert_eq!((by_mail.surname.as_str(), by_mail.snils.as_str()), ("Джалилов", ""));
        assert!(all.iter().any(|person| person.snils == "112-233-445 95"));
    }

    #[test]
    fn rosters_of_many_are_as_large_as_asked_and_repeat_themselves() {
        let many = many::Many::new(5_000);
        let people: usize = (0..many.count()).map(|number| many.school(number).people.len()).sum();
        assert_eq!(people, 5_000);
        for file in files::FILES {
            assert_eq!(text(file, &many), text(file, &many::Many::new(5_000)), "{}", file.name);
        }
    }
}
