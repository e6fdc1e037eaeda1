#!/bin/sh
# Installs the packages of packages.txt that belong to the named groups.
#   deps.sh [--if-missing] GROUP...
set -eu
if_missing=no
[ "$1" = --if-missing ] && { if_missing=yes; shift; }
wanted=""
for group in "$@"; do
	wanted="$wanted $(awk -v group="$group" '$1 == group { print $2 }' packages.txt)"
done
missing=""
for package in $wanted; do
	dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing="$missing $package"
done
if [ -z "$missing" ]; then
	[ "$if_missing" = yes ] || echo "Every package is installed."
	exit 0
fi
sudo=""
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "Missing:$missing. Install them as root, or install sudo." >&2; exit 1; }
	sudo=sudo
fi
echo "Installing:$missing"
export DEBIAN_FRONTEND=noninteractive
$sudo apt-get update -qq
# shellcheck disable=SC2086 # a list on purpose
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
