#!/usr/bin/env bash
# run.sh BUILD_DIRECTORY FOLDER [unittest argument...]
# Runs the suites (test_*.py) of a folder of tests/clients, all in one process and against one cluster. Their Python
# environment lies under the build directory and is made when it is missing or its requirements changed.
set -euo pipefail

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1 folder=$2
shift 2
environment=$build/clients/python
stamp=$environment/requirements.txt

mkdir -p "$build/clients"
exec 9>"$build/clients/.lock"
flock 9
if ! cmp -s "$here/requirements.txt" "$stamp"; then
  rm -rf "$environment"
  # The system's own interpreter: the one that python3-venv belongs to.
  /usr/bin/python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$stamp"
fi
# Apache Kafka's jars, brought by the set-up of Kafka as a peer in bench/; with what is there already this costs nothing.
BATON_KAFKA_JARS=$("$here/../../../bench/peer/fetch")
exec 9>&-

export BATON_KAFKA_JARS BATON_BIN=$build/bin PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$here
cd "$here/../$folder"
if (($# == 0)); then set -- discover --start-directory . --verbose; fi
exec "$environment/bin/python" -u -m unittest "$@"
