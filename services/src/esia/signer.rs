//! Who signs our requests: a program outside, or an RSA key in this process.
//!
//! A real information system signs with certified software that has the key to itself, so the usual signer is a
//! program: the text on its standard input, the signature on its standard output, no shell between.

use std::fmt;
use std::process::Stdio;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::rand::SystemRandom;
use ring::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::process;
use tokio::sync::Semaphore;

use super::BoxFuture;
use super::certificate::{Certificate, RS256};
use super::cms;
use super::error::SignerFault;
use super::settings::SignerOutput;
use crate::clock::Timestamp;
use crate::delivery::Secret;

/// The longest output of a program that is read, in bytes.
const LONGEST_OUTPUT: usize = 64 * 1024;

/// Programs that run at once. A class that comes through the door together waits for one another, not for memory.
const AT_ONCE: usize = 8;

/// Makes signatures.
pub(super) trait Signer: Send + Sync + fmt::Debug {
    /// The signature of the data; with version 1 a detached CMS.
    fn sign<'a>(&'a self, data: &'a [u8], now: Timestamp) -> BoxFuture<'a, Result<Vec<u8>, SignerFault>>;
}

/// A program.
pub(super) struct Command {
    program: String,
    arguments: Vec<String>,
    output: SignerOutput,
    reverse: bool,
    timeout: Duration,
    permits: Semaphore,
}

impl Command {
    /// The error continues the key's name.
    pub(super) fn new(
        command: &[String],
        output: SignerOutput,
        reverse: bool,
        timeout: Duration,
    ) -> Result<Self, String> {
        match command {
            [program, arguments @ ..] if !program.is_empty() => Ok(Self {
                program: program.clone(),
                arguments: arguments.to_vec(),
                output,
                reverse,
                timeout,
                permits: Semaphore::new(AT_ONCE),
            }),
            _ => Err("must name the program that signs, and its arguments".to_owned()),
        }
    }

    async fn run(&self, data: &[u8]) -> Result<Vec<u8>, SignerFault> {
        let _permit = self.permits.acquire().await.map_err(|_| SignerFault::Start)?;
        let mut command = process::Command::new(&self.program);
        command.args(&self.arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        // On a time-out it is not left behind.
        command.kill_on_drop(true);
        // Secrets of the portal's configuration may stand in its environment; they are none of the program's.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("SCHOOLGATE") {
                command.env_remove(name);
            }
        }
        let mut child = command.spawn().map_err(|_| SignerFault::Start)?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(SignerFault::Start);
        };
        let write = async move {
            // A program that stops reading early may have enough; its status and its output say whether it had.
            let _ = stdin.write_all(data).await;
            let _ = stdin.shutdown().await;
        };
        let read = async move {
            let mut bytes = Vec::new();
            let limit = u64::try_from(LONGEST_OUTPUT).unwrap_or(u64::MAX).saturating_add(1);
            let read = stdout.take(limit).read_to_end(&mut bytes).await;
            read.map(|_| bytes)
        };
        let ((), read) = tokio::join!(write, read);
        let bytes = read.map_err(|_| SignerFault::Output)?;
        if bytes.len() > LONGEST_OUTPUT {
            return Err(SignerFault::Output);
        }
        let status = child.wait().await.map_err(|_| SignerFault::Start)?;
        if !status.success() {
            return Err(SignerFault::Status(status.code().unwrap_or(-1)));
        }
        self.signature(bytes).filter(|signature| !signature.is_empty()).ok_or(SignerFault::Output)
    }

    fn signature(&self, output: Vec<u8>) -> Option<Vec<u8>> {
        let mut bytes = match self.output {
            SignerOutput::Raw => output,
            SignerOutput::Base64 => {
                let digits = output.into_iter().filter(|byte| !byte.is_ascii_whitespace() && *byte != b'=');
                let digits: Vec<u8> = digits
                    .map(|byte| match byte {
                        b'-' => b'+',
                        b'_' => b'/',
                        byte => byte,
                    })
                    .collect();
                STANDARD_NO_PAD.decode(digits).ok()?
            }
            SignerOutput::Hex => {
                let digits: Vec<u8> = output.into_iter().filter(|byte| !byte.is_ascii_whitespace()).collect();
                digits.chunks(2).map(hex_pair).collect::<Option<_>>()?
            }
        };
        if self.reverse {
            bytes.reverse();
        }
        Some(bytes)
    }
}

fn hex_pair(pair: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match pair {
        [high, low] => Some((digit(*high)? << 4) | digit(*low)?),
        _ => None,
    }
}

/// Arguments are left out: some programs want a password among them.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command").field("program", &self.program).finish_non_exhaustive()
    }
}

impl Signer for Command {
    fn sign<'a>(&'a self, data: &'a [u8], _now: Timestamp) -> BoxFuture<'a, Result<Vec<u8>, SignerFault>> {
        Box::pin(async move {
            tokio::time::timeout(self.timeout, self.run(data)).await.unwrap_or(Err(SignerFault::TimedOut))
        })
    }
}

/// An RSA key in this process; makes detached CMS.
pub(super) struct RsaCms {
    key: RsaKeyPair,
    certificate: Certificate,
}

impl RsaCms {
    /// From a PEM key (PKCS #8 or PKCS #1, not encrypted). The error continues the key's name.
    pub(super) fn new(pem: &Secret, certificate: &Certificate) -> Result<Self, String> {
        let wrong = || "must be an RSA key of 2048 to 4096 bit in PEM, not encrypted".to_owned();
        let key = match PrivateKeyDer::from_pem_slice(pem.expose().as_bytes()) {
            Ok(PrivateKeyDer::Pkcs8(key)) => RsaKeyPair::from_pkcs8(key.secret_pkcs8_der()),
            Ok(PrivateKeyDer::Pkcs1(key)) => RsaKeyPair::from_der(key.secret_pkcs1_der()),
            _ => return Err(wrong()),
        }
        .map_err(|_| wrong())?;
        if certificate.algorithm() != RS256 {
            return Err(
                "goes with a certificate for an RSA key; esia.client_certificate is for another kind".to_owned()
            );
        }
        Ok(Self { key, certificate: certificate.clone() })
    }

    fn raw(&self, message: &[u8]) -> Option<Vec<u8>> {
        let mut signature = vec![0; self.key.public().modulus_len()];
        // The padding has nothing random in it; the interface wants a source all the same.
        self.key.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message, &mut signature).ok()?;
        Some(signature)
    }
}

impl fmt::Debug for RsaCms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RsaCms(•••)")
    }
}

impl Signer for RsaCms {
    fn sign<'a>(&'a self, data: &'a [u8], now: Timestamp) -> BoxFuture<'a, Result<Vec<u8>, SignerFault>> {
        let signature = cms::detached(&self.certificate, data, now, |message| self.raw(message));
        Box::pin(std::future::ready(signature.ok_or(SignerFault::Key)))
    }
}

#[cfg(all(test, unix))]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a failed unwrap is a failed test")]
    use super::super::tests::files;
    use super::*;

    /// 2026-12-01T12:00:00Z.
    const NOW: Timestamp = 1_796_126_400_000;

    async fn shell(script: &str, output: SignerOutput, reverse: bool) -> Result<Vec<u8>, SignerFault> {
        let command = ["sh", "-c", script].map(str::to_owned);
        let signer = Command::new(&command, output, reverse, Duration::from_secs(5)).unwrap();
        signer.sign(b"text", NOW).await
    }

    #[tokio::test]
    async fn a_program_gets_the_text_and_gives_the_signature() {
        assert_eq!(shell("cat", SignerOutput::Raw, false).await.unwrap(), b"text");
        assert_eq!(shell("cat", SignerOutput::Raw, true).await.unwrap(), b"txet");
        assert_eq!(shell("cat >/dev/null; echo '00ff 0A'", SignerOutput::Hex, false).await.unwrap(), [0, 255, 10]);
        for text in ["+/8=", "-_8", "-_8=", "+/\n8=\n"] {
            let script = format!("cat >/dev/null; printf '%s' '{text}'");
            assert_eq!(shell(&script, SignerOutput::Base64, false).await.unwrap(), [0xFB, 0xFF], "{text}");
        }
        // It need not read what it does not want.
        assert_eq!(shell("echo 01", SignerOutput::Hex, false).await.unwrap(), [1]);
    }

    #[tokio::test]
    async fn a_program_that_fails_is_told_apart() {
        let missing = ["/no such program".to_owned()];
        let signer = Command::new(&missing, SignerOutput::Raw, false, Duration::from_secs(5)).unwrap();
        assert_eq!(signer.sign(b"text", NOW).await, Err(SignerFault::Start));
        assert_eq!(shell("cat; exit 3", SignerOutput::Raw, false).await, Err(SignerFault::Status(3)));
        assert_eq!(shell("kill -9 $$", SignerOutput::Raw, false).await, Err(SignerFault::Status(-1)));
        assert_eq!(shell("true", SignerOutput::Raw, false).await, Err(SignerFault::Output));
        assert_eq!(shell("echo 0", SignerOutput::Hex, false).await, Err(SignerFault::Output));
        assert_eq!(shell("echo '?'", SignerOutput::Base64, false).await, Err(SignerFault::Output));
        assert_eq!(shell("cat /dev/zero", SignerOutput::Raw, false).await, Err(SignerFault::Output));
        assert!(Command::new(&[], SignerOutput::Raw, false, Duration::from_secs(5)).is_err());
    }

    #[tokio::test]
    async fn a_program_that_hangs_is_ended() {
        let command = ["sleep", "60"].map(str::to_owned);
        let signer = Command::new(&command, SignerOutput::Raw, false, Duration::from_millis(50)).unwrap();
        assert_eq!(signer.sign(b"text", NOW).await, Err(SignerFault::TimedOut));
    }

    #[tokio::test]
    async fn debug_shows_no_argument() {
        let command = ["sign", "-password", "s3cret"].map(str::to_owned);
        let signer = Command::new(&command, SignerOutput::Raw, false, Duration::from_secs(5)).unwrap();
        assert!(!format!("{signer:?}").contains("s3cret"));
    }

    #[tokio::test]
    async fn a_key_in_the_process_makes_cms() {
        let certificate = Certificate::read(&files::path("rsa.crt.pem")).unwrap().remove(0);
        let pem = Secret::new(std::fs::read_to_string(files::path("rsa.key.pem")).unwrap());
        let signer = RsaCms::new(&pem, &certificate).unwrap();
        let cms = signer.sign(b"text", NOW).await.unwrap();
        assert!(cms::verifies(&cms, b"text", &certificate));
        assert!(!format!("{signer:?}").contains("PRIVATE"));

        let gost = Certificate::read(&files::path("gost.crt.pem")).unwrap().remove(0);
        assert!(RsaCms::new(&pem, &gost).is_err());
        assert!(RsaCms::new(&Secret::new("no key"), &certificate).is_err());
    }
}
