#!/bin/sh
# Makes the environment from the wheels beside it, without any network, and opens the page.
set -eu
cd "$(dirname "$0")"
if [ ! -e .venv/ready ]; then
    python=""
    for one in python3.11 python3 python; do
        if "$one" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; then
            python=$one
            break
        fi
    done
    if [ -z "$python" ]; then
        echo "Python 3.11 が見つかりません。「はじめに.txt」の 1 をご覧ください。" >&2
        exit 1
    fi
    echo "はじめての起動です。用意に数分かかります。"
    "$python" -m venv --clear .venv
    .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-index \
        --no-deps --require-hashes --find-links wheels -r requirements.lock
    touch .venv/ready
fi
echo "ブラウザーで http://localhost:8501 が開きます。終えるときは Ctrl+C を押してください。"
exec .venv/bin/python -m streamlit run app.py --server.showEmailPrompt false \
    --server.headless "${SHIGEN_HEADLESS:-false}" --server.port "${PORT:-8501}"
