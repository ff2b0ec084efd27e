//! The built style sheet and scripts: their hashed names, and how they are served.
//!
//! `.wasm` and `.css` carry a hash of their content and never change. The main script's name carries one too, but it is
//! revalidated by `ETag` all the same: a stale script would ask for a `.wasm` that is gone.

use std::path::{Path, PathBuf};

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use tower_http::services::{ServeDir, ServeFile};

/// What the files' names begin with, as in `scripts/site`.
const NAME: &str = "schoolgate";

/// Where the built files are and what they are called.
#[derive(Clone, Debug)]
pub struct Assets {
    site: PathBuf,
    /// `/pkg/schoolgate.HASH.css`
    pub stylesheet: String,
    /// `/pkg/schoolgate.HASH.js`
    pub script: String,
    /// `/pkg/schoolgate.HASH.wasm`
    pub wasm: String,
}

/// The site folder is not there or not whole.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    /// No `hash.txt`.
    #[error("the built site is missing: no {0}; build it with `scripts/build`, or set server.site")]
    Missing(PathBuf),
    /// `hash.txt` names no style sheet, script or WASM.
    #[error("{0} is not whole; build the site again")]
    Broken(PathBuf),
}

impl Assets {
    /// Reads the names of a built site.
    ///
    /// # Errors
    /// When the folder was not built, or only in part.
    pub fn load(site: &Path) -> Result<Self, AssetsError> {
        let list = site.join("hash.txt");
        let text = std::fs::read_to_string(&list).map_err(|_| AssetsError::Missing(list.clone()))?;
        let hash = |kind: &str| {
            text.lines()
                .filter_map(|line| line.split_once(':'))
                .find(|(name, _)| name.trim() == kind)
                .map(|(_, hash)| format!("/pkg/{NAME}.{}.{kind}", hash.trim()))
                .ok_or_else(|| AssetsError::Broken(list.clone()))
        };
        Ok(Self { site: site.to_owned(), stylesheet: hash("css")?, script: hash("js")?, wasm: hash("wasm")? })
    }

    /// Names that lead nowhere, for tests that do not look at style or script.
    pub fn none() -> Self {
        let name = |kind: &str| format!("/pkg/{NAME}.{kind}");
        Self { site: PathBuf::from("/nonexistent"), stylesheet: name("css"), script: name("js"), wasm: name("wasm") }
    }

    /// The routes of the site's files.
    pub fn router<S: Clone + Send + Sync + 'static>(&self) -> Router<S> {
        let folder = ServeDir::new(self.site.join("pkg")).precompressed_br().precompressed_gzip();
        let mut router = Router::new().nest_service("/pkg", folder);
        for name in [
            "favicon.svg",
            "favicon.ico",
            "icon-192.png",
            "icon-512.png",
            "apple-touch-icon.png",
            "site.webmanifest",
            "robots.txt",
        ] {
            router = router.route_service(&format!("/{name}"), ServeFile::new(self.site.join(name)));
        }
        router.layer(middleware::from_fn(cache_control))
    }
}

async fn cache_control(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let extension = Path::new(path).extension().and_then(|extension| extension.to_str());
    let rule = match extension {
        Some("wasm" | "css") if path.starts_with("/pkg/") => "public, max-age=31536000, immutable",
        Some("js") => "no-cache",
        _ => "public, max-age=3600",
    };
    let mut response = next.run(request).await;
    // A missing file must not be remembered: after the next deployment it may exist.
    let rule = if response.status().is_client_error() { "no-store" } else { rule };
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static(rule));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_hashed_names_and_refuses_a_partial_build() -> Result<(), Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        assert!(matches!(Assets::load(folder.path()), Err(AssetsError::Missing(_))));
        std::fs::write(folder.path().join("hash.txt"), "js: aaa\nwasm: bbb\ncss: ccc\n")?;
        let assets = Assets::load(folder.path())?;
        assert_eq!(assets.stylesheet, "/pkg/schoolgate.ccc.css");
        assert_eq!(assets.script, "/pkg/schoolgate.aaa.js");
        assert_eq!(assets.wasm, "/pkg/schoolgate.bbb.wasm");
        std::fs::write(folder.path().join("hash.txt"), "js: aaa\n")?;
        assert!(matches!(Assets::load(folder.path()), Err(AssetsError::Broken(_))));
        Ok(())
    }
}
