//! What staff do, measured on SQLite: editors at work in a small and in a large database, the import of the large one,
//! and what is left after the portal was killed.
//!
//! Both databases are made first and both portals served side by side, each idle while the other one is measured, so
//! that what is compared is taken in turn.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::dice::Dice;
use crate::error::LoadError;
use crate::parts::editors::{Plan, Site};
use crate::parts::{crashes, import};
use crate::process;
use crate::report;
use crate::report::staff::StaffReport;
use crate::server::Setup;
use crate::stats::size;
use crate::{QUEUE, cores, say};

/// People in the database of the portal that is killed: enough classes for its editors.
const KILLED_PEOPLE: u32 = 4_000;
/// Files of this program and of a portal besides their connections.
const OTHER_FILES: usize = 200;

/// The arguments of `staff`.
#[derive(Args)]
pub struct Options {
    /// Measure these only
    #[arg(long, value_name = "PART", value_enum, value_delimiter = ',')]
    only: Vec<Part>,
    /// The portal's program
    #[arg(long, value_name = "FILE", default_value = "target/release/schoolgate")]
    server: PathBuf,
    /// A folder for the demos; earlier demos in it are replaced
    #[arg(long, value_name = "FOLDER", default_value = "target/load/staff")]
    dir: PathBuf,
    /// The first of three ports that the demos listen on
    #[arg(long, default_value_t = 3220, value_parser = clap::value_parser!(u16).range(1..=65_533))]
    port: u16,
    /// People in the large database, and in the roster that is imported
    #[arg(long, value_name = "N", default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=5_000_000))]
    people: u32,
    /// People in the small database; editors are measured in both when it is smaller
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1_000..=5_000_000))]
    few: u32,
    /// Editors, each with a class open and one edit a second
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(1..=5_000))]
    editors: u32,
    /// Editors who listen to their class
    #[arg(long, value_name = "N", default_value_t = 50, value_parser = clap::value_parser!(u32).range(0..=1_000))]
    listeners: u32,
    /// How long a round of edits takes
    #[arg(long, value_name = "N", default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=3_600))]
    seconds: u32,
    /// Rounds for each database
    #[arg(long, value_name = "N", default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=20))]
    rounds: u32,
    /// How often the portal is killed
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    kills: u32,
    /// Editors who save all the time while it is
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=200))]
    saving: u32,
    /// Where the choice of classes and the moments of kills come from
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Write the figures to a file, as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// What can be measured.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// Editors at work, in a small and in a large database
    Editors,
    /// The import of a large roster
    Import,
    /// What is left after kill -9
    Crashes,
}

impl Options {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty() || self.only.contains(&part)
    }

    /// A demo of its own for each use, without a crowd.
    fn setup(&self, folder: &str, port: u16) -> Setup {
        Setup {
            program: self.server.clone(),
            folder: self.dir.join(folder),
            port: self.port.saturating_add(port),
            database: None,
            crowd: 0,
            threads: cores(),
            queue: QUEUE * cores(),
        }
    }

    fn plan(&self) -> Plan {
        Plan { editors: size(self.editors), listeners: size(self.listeners.min(self.editors)), seconds: self.seconds }
    }
}

/// Measures and reports; whether all rules held.
pub async fn run(options: &Options) -> Result<bool, LoadError> {
    let mut report = StaffReport::new(cores(), process::processor());
    report.print_heading();
    let mut dice = Dice::new(options.seed);
    if options.wants(Part::Editors) || options.wants(Part::Import) {
        measure_sizes(options, &mut report, &mut dice).await?;
        keep(options, &report)?;
    }
    if options.wants(Part::Crashes) {
        let setup = options.setup("killed", 2);
        prepare(&setup, KILLED_PEOPLE).await?;
        let crashes = crashes::run(&setup, size(options.saving), size(options.kills), &mut dice).await?;
        crashes.print();
        report.crashes = Some(crashes);
        keep(options, &report)?;
    }
    report.print_verdict();
    Ok(report.broken().is_empty())
}

/// After each part: a run that is ended early has not been for nothing.
fn keep(options: &Options, report: &StaffReport) -> Result<(), LoadError> {
    options.json.as_ref().map_or(Ok(()), |path| report::keep(report, path))
}

/// The import, and editors in its database and in a small one.
async fn measure_sizes(options: &Options, report: &mut StaffReport, dice: &mut Dice) -> Result<(), LoadError> {
    let plan = options.plan();
    let editing = options.wants(Part::Editors);
    let compared = editing && options.few < options.people;
    if editing {
        let (needed, allowed) = (2 * (plan.editors + plan.listeners) + OTHER_FILES, process::open_files()?);
        if needed > allowed {
            return Err(LoadError::OpenFiles { needed, allowed });
        }
    }
    let (few, many) = (options.setup("few", 0), options.setup("many", 1));
    if options.wants(Part::Import) {
        let zip = make_demo(&many, options.people).await?;
        let import = import::run(&many, &zip, options.people).await?;
        import.print();
        report.import = Some(import);
        remove(&zip)?;
    } else {
        prepare(&many, options.people).await?;
    }
    if !editing {
        return Ok(());
    }
    let mut sites = Vec::new();
    let mut classes = plan.editors;
    if compared {
        prepare(&few, options.few).await?;
        say(&format!("signing in {} editors at {} people", plan.editors, options.few));
        let site = Site::gather(&few, options.few, plan, classes, dice).await?;
        // As many classes in the large database: what one editor's change costs the others there must not differ.
        classes = site.classes();
        sites.push(site);
    }
    say(&format!("signing in {} editors at {} people", plan.editors, options.people));
    sites.push(Site::gather(&many, options.people, plan, classes, dice).await?);
    for round in 1..=options.rounds {
        for site in &mut sites {
            say(&format!("editing at {} people: round {round} of {}", site.people(), options.rounds));
            site.round(plan).await?;
        }
    }
    for site in sites {
        say(&format!("saving as fast as it goes at {} people", site.people()));
        let figures = site.finish().await?;
        figures.print();
        report.editors.push(figures);
    }
    Ok(())
}

/// Makes a demo, and a roster beside it; the roster's path.
async fn make_demo(setup: &Setup, people: u32) -> Result<PathBuf, LoadError> {
    say(&format!("making a demo and a roster of {people} people"));
    setup.prepare()?;
    import::make_roster(setup, people).await
}

/// Makes a demo with so many people.
async fn prepare(setup: &Setup, people: u32) -> Result<(), LoadError> {
    let zip = make_demo(setup, people).await?;
    say("importing the roster");
    import::bring(setup, &zip, people).await?;
    remove(&zip)
}

fn remove(zip: &Path) -> Result<(), LoadError> {
    fs::remove_file(zip).map_err(LoadError::file(zip))
}
