//! What one thread hashes with: the parameters, and memory that it fills again for each password.

use std::sync::Arc;

use argon2::{
    Algorithm, Argon2, Block, Params, PasswordHash, Version,
    password_hash::phc::{Ident, Output, ParamsString, Salt},
};
use domain::Password;
use subtle::ConstantTimeEq;

use super::{HashError, HashSettings, Verdict};

/// 128 bits, as RFC 9106 §3.1 recommends.
pub(super) const SALT_LENGTH: usize = 16;
const OUTPUT_LENGTH: usize = 32;

/// A stored hash may ask for this much at most: a changed database must not be able to exhaust the machine.
const MOST_KIB: u32 = 1024 * 1024;
const MOST_PASSES: u32 = 16;
const MOST_LANES: u32 = 16;
const MOST_PEPPER: usize = 64;

/// What is hashed when there is no stored hash.
const NOBODY: [u8; SALT_LENGTH] = *b"no such account.";

#[derive(Clone)]
pub(super) struct Engine {
    params: Params,
    pepper: Option<Arc<[u8]>>,
    memory: Vec<Block>,
}

impl Engine {
    pub(super) fn new(settings: &HashSettings) -> Result<Self, HashError> {
        if settings.pepper.as_ref().is_some_and(|pepper| pepper.len() > MOST_PEPPER) {
            return Err(HashError::Settings("the pepper is longer than 64 bytes"));
        }
        let params = Params::new(settings.m_kib, settings.t, settings.p, Some(OUTPUT_LENGTH))
            .ok()
            .filter(is_affordable)
            .ok_or(HashError::Settings("Argon2 parameters out of bounds"))?;
        Ok(Self { params, pepper: settings.pepper.as_deref().map(Arc::from), memory: Vec::new() })
    }

    pub(super) fn hash(&mut self, password: &Password, salt: &[u8; SALT_LENGTH]) -> Result<String, HashError> {
        let mut output = [0; OUTPUT_LENGTH];
        let params = self.params.clone();
        self.fill(password, salt, &params, (Algorithm::Argon2id, Version::V0x13), &mut output)?;
        Ok(PasswordHash {
            algorithm: Ident::new_unwrap("argon2id"),
            version: Some(Version::V0x13.into()),
            params: ParamsString::try_from(&params).map_err(|_| HashError::Stored)?,
            salt: Some(Salt::new(salt).map_err(|_| HashError::Stored)?),
            hash: Some(Output::new(&output).map_err(|_| HashError::Stored)?),
        }
        .to_string())
    }

    pub(super) fn verify(&mut self, password: &Password, phc: Option<&str>) -> Result<Verdict, HashError> {
        let Some(phc) = phc else {
            let params = self.params.clone();
            let mut output = [0; OUTPUT_LENGTH];
            self.fill(password, &NOBODY, &params, (Algorithm::Argon2id, Version::V0x13), &mut output)?;
            return Ok(Verdict { ok: false, needs_rehash: false });
        };
        let stored = PasswordHash::new(phc).map_err(|_| HashError::Stored)?;
        let (Some(salt), Some(expected)) = (&stored.salt, &stored.hash) else { return Err(HashError::Stored) };
        let algorithm = Algorithm::try_from(stored.algorithm.as_str()).map_err(|_| HashError::Stored)?;
        let version = stored.version.map_or(Ok(Version::V0x10), Version::try_from).map_err(|_| HashError::Stored)?;
        let params = Params::try_from(&stored).ok().filter(is_affordable).ok_or(HashError::Stored)?;

        let mut output = vec![0; expected.len()];
        self.fill(password, salt, &params, (algorithm, version), &mut output)?;
        let ok = bool::from(output.ct_eq(expected.as_bytes()));
        let today = (&self.params, Algorithm::Argon2id, Version::V0x13);
        Ok(Verdict { ok, needs_rehash: ok && (&params, algorithm, version) != today })
    }

    fn fill(
        &mut self,
        password: &Password,
        salt: &[u8],
        params: &Params,
        (algorithm, version): (Algorithm, Version),
        output: &mut [u8],
    ) -> Result<(), HashError> {
        let usual = self.params.block_count();
        let blocks = params.block_count();
        if self.memory.len() < blocks.max(usual) {
            self.memory.resize(blocks.max(usual), Block::new());
        }
        let argon2 = match &self.pepper {
            Some(pepper) => Argon2::new_with_secret(pepper, algorithm, version, params.clone()),
            None => Ok(Argon2::new(algorithm, version, params.clone())),
        }
        .map_err(|_| HashError::Settings("the pepper cannot be used"))?;
        let done = argon2
            .hash_password_into_with_memory(password.as_str().as_bytes(), salt, output, &mut self.memory)
            .map_err(|_| HashError::Stored);
        // An old hash that needed more must not leave its memory behind.
        if self.memory.len() > usual {
            self.memory.truncate(usual);
            self.memory.shrink_to_fit();
        }
        done
    }
}

fn is_affordable(params: &Params) -> bool {
    params.m_cost() <= MOST_KIB
        && params.t_cost() <= MOST_PASSES
        && params.p_cost() <= MOST_LANES
        && params.keyid().is_empty()
        && params.data().is_empty()
}
