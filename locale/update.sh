#!/bin/sh
# Brings the catalogues up to date: new sentences come in empty, old ones go. Then translate, and run it again
# to compile. Without a language it updates all; `sh locale/update.sh fr` begins a new one.
set -eu
cd "$(dirname -- "$0")/.."
babel=.venv/bin/pybabel
template=$(mktemp)
trap 'rm -f "$template"' EXIT
"$babel" -q extract --mapping pyproject.toml --no-default-keywords -k _ -k say -k gettext -k ngettext:1,2 \
  --no-location --sort-output --omit-header --no-wrap -o "$template" .
for language in "${1:-}" locale/*/; do
  code=$(basename "$language")
  case "$code" in ""|"*") continue ;; esac
  file="locale/$code/LC_MESSAGES/messages.po"
  if [ -f "$file" ]; then
    "$babel" -q update --no-fuzzy-matching --ignore-obsolete --no-wrap -l "$code" -i "$template" -o "$file"
  else
    mkdir -p "locale/$code/LC_MESSAGES"
    "$babel" -q init -l "$code" -i "$template" -o "$file" --no-wrap
  fi
  "$babel" -q compile -i "$file" -o "locale/$code/LC_MESSAGES/messages.mo"
done
