//! TLS towards gateways and Gosuslugi: rustls with ring, TLS 1.2 and newer, Mozilla's roots and the deployment's own.

use std::error::Error;
use std::path::Path;
use std::sync::Arc;

use lettre::transport::smtp::client::{Certificate, CertificateStore, TlsParameters};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

/// Further root certificates, as PEM.
pub(crate) struct ExtraRoots(Vec<u8>);

impl ExtraRoots {
    /// Reads the file and makes sure that it holds a certificate.
    pub(crate) fn read(path: &Path) -> Result<Self, String> {
        let pem =
            std::fs::read(path).map_err(|error| format!("the file {} cannot be read: {error}", path.display()))?;
        let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&pem).collect();
        match certificates {
            Ok(found) if !found.is_empty() => Ok(Self(pem)),
            _ => Err(format!("the file {} holds no PEM certificate", path.display())),
        }
    }
}

/// The configuration of HTTPS clients.
pub(crate) fn client_config(extra: Option<&ExtraRoots>) -> Result<ClientConfig, String> {
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    if let Some(ExtraRoots(pem)) = extra {
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate = certificate.map_err(|error| error.to_string())?;
            roots.add(certificate).map_err(|error| error.to_string())?;
        }
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(config)
}

/// The parameters of SMTP connections to the host.
pub(super) fn smtp_parameters(host: &str, extra: Option<&ExtraRoots>) -> Result<TlsParameters, String> {
    let mut parameters = TlsParameters::builder(host.to_owned()).certificate_store(CertificateStore::WebpkiRoots);
    if let Some(ExtraRoots(pem)) = extra {
        let certificate = Certificate::from_pem(pem).map_err(|error| error.to_string())?;
        parameters = parameters.add_root_certificate(certificate);
    }
    parameters.build_rustls().map_err(|error| error.to_string())
}

/// Whether TLS is at the bottom of an error.
pub(crate) fn is_cause_of(error: &(dyn Error + 'static)) -> bool {
    let mut next = Some(error);
    while let Some(error) = next {
        if error.is::<rustls::Error>() {
            return true;
        }
        if let Some(smtp) = error.downcast_ref::<lettre::transport::smtp::Error>()
            && smtp.is_tls()
        {
            return true;
        }
        // `io::Error::source` skips the error it wraps.
        if let Some(inner) = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref) {
            let inner: &(dyn Error + 'static) = inner;
            if is_cause_of(inner) {
                return true;
            }
        }
        next = error.source();
    }
    false
}

/// Whether a host name means this machine, so that nothing leaves it.
pub(crate) fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::is_loopback;

    #[test]
    fn loopback_by_name_and_by_address() {
        for host in ["localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1", "[::1]"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.example", "10.0.0.1", "0.0.0.0", "::", "", "127.0.0.1.example"] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
