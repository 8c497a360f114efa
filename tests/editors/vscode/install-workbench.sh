#!/usr/bin/env bash
# Installs the real VS Code workbench (code-server, from the npm registry) for the end-to-end tests.
#   install-workbench.sh DIR
# Needs Node 20, a C++ compiler, and the packages of .ci/packages. code-server's own post-install would download ripgrep;
# Debian's takes its place.
set -euo pipefail
folder=$(realpath --canonicalize-missing "${1:?usage: install-workbench.sh DIR}")
version=4.100.3
if [ -e "$folder/.installed-$version" ]; then exit 0; fi

# node-gyp downloads headers unless it is told where those of this Node are.
node_folder=$(dirname "$(dirname "$(realpath "$(command -v node)")")")
if [ -e "$node_folder/include/node/node.h" ]; then export npm_config_nodedir=$node_folder; fi

rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
npm init --yes >/dev/null
npm install --no-audit --no-fund --ignore-scripts --save-exact "code-server@$version"
npm rebuild argon2
cd node_modules/code-server/lib/vscode
npm install --no-audit --no-fund --ignore-scripts --omit=dev
mkdir -p node_modules/@vscode/ripgrep/bin
ln -sf "$(command -v rg)" node_modules/@vscode/ripgrep/bin/rg
npm rebuild @vscode/spdlog @parcel/watcher native-watchdog kerberos @vscode/deviceid
# The integrated terminal is not used.
npm rebuild node-pty >/dev/null 2>&1 || true
ln -sfn node_modules node_modules.asar
(cd extensions && npm install --no-audit --no-fund --ignore-scripts --omit=dev)
touch "$folder/.installed-$version"
