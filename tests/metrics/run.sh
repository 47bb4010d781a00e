#!/usr/bin/env bash
# run.sh BUILD_DIRECTORY [unittest argument...]
# Runs the suites of this folder with Debian's Prometheus. Its package is fetched and unpacked under the build directory and not
# installed, since an installed one starts a server of its own.
set -euo pipefail

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$(cd -P "$1" && pwd)
shift
prometheus=$build/prometheus

mkdir -p "$prometheus"
exec 9>"$prometheus/.lock"
flock 9
if [[ ! -x $prometheus/usr/bin/promtool ]]; then
  (cd "$prometheus" && apt-get download -q prometheus 2>"$prometheus/download.log") || {
    cat "$prometheus/download.log" >&2
    echo "run.sh: Prometheus cannot be fetched. Is there a network, and are apt's lists there (apt-get update)?" >&2
    exit 1
  }
  dpkg-deb -x "$prometheus"/prometheus_*.deb "$prometheus"
fi
exec 9>&-

export BATON_BIN=$build/bin BATON_SOURCE=$here/../.. PROMETHEUS_BIN=$prometheus/usr/bin PYTHONDONTWRITEBYTECODE=1
cd "$here"
if (($# == 0)); then set -- discover --start-directory . --verbose; fi
exec /usr/bin/python3 -u -m unittest "$@"
