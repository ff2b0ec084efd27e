# Sourced by every script: where the compiled build tools live, and the PATH that finds those from npm.
# What is compiled of scripts/site is kept outside the checkout, so that a second clone starts quickly.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
SCHOOLGATE_TOOLS=${SCHOOLGATE_TOOLS:-${XDG_CACHE_HOME:-$HOME/.cache}/schoolgate/tools}
[ -d "$HOME/.cargo/bin" ] && PATH="$HOME/.cargo/bin:$PATH"
PATH="$root/end2end/node_modules/.bin:$PATH"
export SCHOOLGATE_TOOLS PATH

# Flags in the environment would take the place of those in .cargo/config.toml.
[ -z "${RUSTFLAGS:-}" ] || export RUSTFLAGS="$RUSTFLAGS --cfg=erase_components"

# compile_front ARGUMENTS: compiles what runs in the browser. A target folder of its own, since its flags are its own: wasm-split reads
# the linker's relocations.
compile_front() {
  RUSTFLAGS="${RUSTFLAGS:---cfg=erase_components} -Clink-args=--emit-relocs" \
    cargo build --package=schoolgate-frontend --lib --target-dir="${CARGO_TARGET_DIR:-target}/front" --target=wasm32-unknown-unknown "$@"
}

# say WORDS: one line of progress.
say() { printf '\033[1m==>\033[0m %s\n' "$*"; }
# die WORDS: what is wrong and how to mend it; ends the script.
die() { printf '\033[31merror:\033[0m %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }
