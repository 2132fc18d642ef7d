#!/bin/sh
# slug: turns a title into a file name.
# usage: slug.sh TITLE

title=$1
printf '%s\n' "$title" | tr 'A-Z' 'a-z' | sed 's/[^a-z0-9]/-/g'
