//! The demo's sign-in through Gosuslugi: the portal's side of the stand-in, which is a program of its own (end2end/esia).
//!
//! Key and certificate are the stand-in's own example, published and good for nothing else. The demo signs as a real portal
//! does: by a program outside, here the stand-in's.

use std::path::{Path, PathBuf};

use clap::Args;

use super::{DemoError, write};

/// The name under which the stand-in knows the demo.
const CLIENT: &str = "SCHOOLGATE";
/// Who issues its tokens.
const ISSUER: &str = "http://esia-portal1.test.gosuslugi.ru/";
const CERTIFICATE: &[u8] = include_bytes!("../../../end2end/esia/assets/demo-client.cert.pem");
const KEY: &[u8] = include_bytes!("../../../end2end/esia/assets/demo-client.key.pem");

/// What is written into the demo's folder: certificate and key of the demo, and the certificate of the stand-in's tokens.
pub const FILES: [&str; 3] = ["esia-client.cert.pem", "esia-client.key.pem", "esia-token.cert.pem"];

/// The arguments of `demo` about the stand-in.
#[derive(Args, Debug)]
pub struct StandInOptions {
    /// The port on which the stand-in for Gosuslugi listens; without it nobody signs in through Gosuslugi
    #[arg(id = "esia-port", long = "esia-port", value_name = "PORT", requires = "esia-certificate")]
    port: Option<u16>,
    /// The certificate that the stand-in signs its tokens with
    #[arg(id = "esia-certificate", long = "esia-certificate", value_name = "FILE", requires = "esia-port")]
    certificate: Option<PathBuf>,
    /// The stand-in's program, which also signs the demo's requests; `esia-standin` beside this program without it
    #[arg(id = "esia-program", long = "esia-program", value_name = "FILE")]
    program: Option<PathBuf>,
}

/// Writes certificates and key into the demo's folder. What is returned goes into its configuration.
pub fn prepare(options: &StandInOptions, folder: &Path) -> Result<String, DemoError> {
    let (Some(port), Some(token_certificate)) = (options.port, &options.certificate) else {
        return Ok(String::new());
    };
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |source| DemoError::File { path, source }
    };
    let token = std::fs::read(token_certificate).map_err(failed(token_certificate))?;
    let [client_path, key_path, token_path] = FILES.map(|name| folder.join(name));
    write(&client_path, CERTIFICATE)?;
    write(&key_path, KEY)?;
    write(&token_path, &token)?;
    let text = |path: &Path| toml::Value::from(path.to_string_lossy().into_owned());
    let signer = [text(&program(options)), "sign".into(), "--key".into(), text(&key_path)];
    Ok(format!(
        "\n# The stand-in for Gosuslugi.\n\
         [esia]\nkind = \"direct\"\nbase_url = \"http://localhost:{port}\"\nissuer = \"{ISSUER}\"\n\
         client_id = \"{CLIENT}\"\nclient_certificate = {client}\ncertificates = [{token}]\nsigner = {signer}\n",
        client = text(&client_path),
        token = text(&token_path),
        signer = toml::Value::from(signer.to_vec()),
    ))
}

/// The stand-in's program.
fn program(options: &StandInOptions) -> PathBuf {
    let named = options.program.as_ref().map(|path| path.canonicalize().unwrap_or_else(|_| path.clone()));
    named.unwrap_or_else(|| {
        let beside = std::env::current_exe().ok().and_then(|program| Some(program.parent()?.join("esia-standin")));
        beside.unwrap_or_else(|| PathBuf::from("esia-standin"))
    })
}

/// What somebody can be tried for, in one line.
pub fn words(options: &StandInOptions, oid: &str, key: &str) -> String {
    let what = match key {
        "student-5a" => "is found by e-mail",
        "student-11a" => "is found by SNILS",
        "student-contact-differs" => "is refused: the contacts differ",
        "student-contact-unverified" => "is refused: the contacts are not confirmed there",
        "student-shares-phone-1" | "student-shares-phone-2" => "is refused: two students have the phone",
        "student-unconfirmed" => "is refused: the account is not confirmed",
        "student-cancels" => "cancels at Gosuslugi",
        "student-other-snils" => "is refused: the SNILS differs",
        _ => "a student",
    };
    match options.port {
        Some(port) => format!("«Войти через госуслуги», number {oid} at http://localhost:{port}: {what}"),
        None => "a student, for trying the sign-in through Gosuslugi".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::*;
    use crate::demo::roster::STUDENTS;

    #[test]
    fn without_a_stand_in_there_is_no_sign_in_through_gosuslugi() {
        let options = StandInOptions { port: None, certificate: None, program: None };
        assert_eq!(prepare(&options, Path::new("nowhere")).unwrap(), "");
    }

    #[test]
    fn the_configuration_is_whole_and_says_where_everything_lies() {
        let folder = tempfile::tempdir().unwrap();
        let certificate = folder.path().join("standin.pem");
        write(&certificate, CERTIFICATE).unwrap();
        let options = StandInOptions {
            port: Some(3100),
            certificate: Some(certificate),
            program: Some(PathBuf::from("/opt/with \"quotes\"/esia-standin")),
        };
        let text = prepare(&options, folder.path()).unwrap();
        let esia: toml::Table = toml::from_str(&text).unwrap();
        let esia = esia.get("esia").unwrap();
        let get = |key: &str| esia.get(key).unwrap().clone();
        assert_eq!(get("base_url").as_str(), Some("http://localhost:3100"));
        let signer: Vec<String> = get("signer").try_into().unwrap();
        assert_eq!(signer.first().unwrap(), "/opt/with \"quotes\"/esia-standin");
        assert!(
            signer
                .iter()
                .skip(3)
                .chain([&get("client_certificate").as_str().unwrap().to_owned()])
                .all(|file| Path::new(file).exists())
        );
    }

    #[test]
    fn everybody_who_can_be_tried_is_told_apart() {
        let options = StandInOptions { port: Some(1), certificate: None, program: None };
        assert!(STUDENTS.iter().all(|(key, _, oid)| !words(&options, oid, key).ends_with("a student")));
    }
}
