#!/bin/sh
# Installs Debian's Chromium for the browser tests where it is missing. Needs root or sudo.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
as_root=""
[ "$(id -u)" -eq 0 ] || as_root="sudo"
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
$as_root apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
chromium --version
