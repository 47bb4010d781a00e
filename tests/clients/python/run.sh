#!/usr/bin/env bash
# run.sh BUILD_DIRECTORY TEST_FILE [unittest argument...]
# Runs one suite in a Python environment under the build directory, made when it is missing or its requirements changed.
set -euo pipefail

here=$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)
build=$1 suite=$2
shift 2
environment=$build/clients/python
stamp=$environment/requirements.txt

if ! cmp -s "$here/requirements.txt" "$stamp"; then
  rm -rf "$environment"
  mkdir -p "$(dirname "$environment")"
  # The system's own interpreter: the one that python3-venv belongs to.
  /usr/bin/python3 -m venv "$environment"
  "$environment/bin/pip" install --quiet --disable-pip-version-check -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$stamp"
fi

export BATON_BIN=$build/bin PYTHONDONTWRITEBYTECODE=1
cd "$here"
exec "$environment/bin/python" -u "$suite" "$@"
