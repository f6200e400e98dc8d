#!/bin/sh
# Installs the Wharfinger agent on a Linux host with systemd:
#   curl -fsSL @URL@/install.sh | sh -s -- --token wharfjoin_...
# Again on a host that is enrolled it brings the agent up to date and keeps its key.
set -eu

url='@URL@'
token=''
name=''
home=/usr/local/lib/wharf-agent
state=/var/lib/wharf-agent
unit=/etc/systemd/system/wharf-agent.service

say() { printf '%s\n' "$*" >&2; }
fail() {
  say "wharf: $*"
  exit 1
}

while [ $# -gt 0 ]; do
  case "$1" in
    --token) token="${2:-}" ;;
    --url) url="${2:-}" ;;
    --name) name="${2:-}" ;;
    *) say "usage: install.sh --token wharfjoin_... [--name HOST] [--url URL]" && exit 2 ;;
  esac
  [ $# -ge 2 ] || fail "$1 needs a value"
  shift 2
done

[ "$(uname -s)" = Linux ] || fail 'the agent runs on Linux only'
[ "$(id -u)" = 0 ] || fail 'run this as root: put sudo before sh'
[ -d /run/systemd/system ] || fail "there is no systemd here; fetch $url/agent.mjs and run it with: node agent.mjs run --state $state"
command -v sha256sum >/dev/null || fail 'sha256sum is missing; install coreutils'
[ -n "$token" ] || [ -f "$state/identity.json" ] || fail 'give a join token: --token wharfjoin_...'

if command -v curl >/dev/null; then
  fetch() { curl -fsSL --retry 3 --connect-timeout 10 -o "$2" "$1"; }
elif command -v wget >/dev/null; then
  fetch() { wget -q --tries=3 --timeout=60 -O "$2" "$1"; }
else
  fail 'neither curl nor wget is here; install one'
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM

fetch "$url/agent/SHA256SUMS" "$work/SHA256SUMS" || fail "$url does not answer; check the address and the way there"

# Fetches one file and holds it to its checksum.
get() {
  fetch "$url/agent/$1" "$work/$1" || fail "$url/agent/$1 could not be fetched"
  grep " $1\$" "$work/SHA256SUMS" >"$work/sum" || fail "$1 has no checksum at $url"
  (cd "$work" && sha256sum -c --quiet sum >/dev/null) || fail "$1 does not have its checksum; try again"
}

node_major() { "$1" -p 'process.versions.node.split(".")[0]' 2>/dev/null || echo 0; }

mkdir -p "$home"
get agent.mjs
get wharf-agent.service

node=$(command -v node || true)
if [ -n "$node" ] && [ "$(node_major "$node")" -ge 20 ]; then
  ln -sf "$(readlink -f "$node")" "$home/node"
else
  case "$(uname -m)" in
    x86_64) arch=x64 ;;
    aarch64) arch=arm64 ;;
    *) fail "install Node 20 or later first; none is offered for $(uname -m)" ;;
  esac
  say 'Fetching Node (120 MB), for this host has none of version 20 or later ...'
  grep -q " node-linux-$arch\$" "$work/SHA256SUMS" || fail "install Node 20 or later first; $url offers none for $arch"
  get "node-linux-$arch"
  install -m 755 "$work/node-linux-$arch" "$home/node.new"
  # A running agent keeps the old file open.
  mv -f "$home/node.new" "$home/node"
  [ "$(node_major "$home/node")" -ge 20 ] || fail 'the Node that was fetched does not run here; install Node 20 or later'
fi
install -m 644 "$work/agent.mjs" "$home/agent.mjs"

if [ -f "$state/identity.json" ]; then
  say 'This host is enrolled already: its key stays.'
else
  install -d -m 700 "$state"
  "$home/node" "$home/agent.mjs" enrol --url "$url" --token "$token" --state "$state" ${name:+--hostname "$name"} ||
    fail 'the host could not enrol; the line above says why'
fi

install -m 644 "$work/wharf-agent.service" "$unit"
systemctl daemon-reload
systemctl enable --quiet wharf-agent.service
systemctl restart wharf-agent.service
say "The agent runs. This host is on $url/ops/hosts within a minute; its log: journalctl -u wharf-agent"
