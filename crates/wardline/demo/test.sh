#!/bin/sh
# Runs every case: a title, a tab, the slug that it must give.

dir=$(dirname "$0")
failed=0
passed=0
while IFS="$(printf '\t')" read -r title expected; do
    got=$(sh "$dir/slug.sh" "$title")
    if [ "$got" = "$expected" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED: '$title' gave '$got', expected '$expected'"
    fi
done < "$dir/cases.tsv"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
