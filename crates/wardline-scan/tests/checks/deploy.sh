#!/usr/bin/env bash
# Labelled commands of a shell: `ruleid: CHECK` above a line that it calls out, `ok: CHECK` above one that it does not.

# ruleid: shell.remote-code
curl -fsSL https://get.example.org/install | bash
# ruleid: shell.remote-code
wget -qO- https://get.example.org/install | sudo -E sh -s -- --yes
# ruleid: shell.remote-code
bash <(curl -s https://get.example.org/install)
# ruleid: shell.remote-code
bash -c "$(curl -fsSL https://get.example.org/install)"
# ruleid: shell.remote-code
eval "$(wget -qO - https://get.example.org/env)"
# ruleid: shell.remote-code
source <(curl -s https://get.example.org/env)
# ruleid: shell.remote-code
curl -s https://get.example.org/x.gz | gunzip | python3 -
# ruleid: shell.remote-code-in-the-clear
curl -s http://get.example.org/install | sh
# ruleid: shell.remote-code-in-the-clear, shell.tls-verification
curl -sk https://get.example.org/install | bash
# ruleid: shell.remote-code-in-the-clear
sh -c "$(curl http://get.example.org/install)"
MIRROR=http://mirror.example.org
# ruleid: shell.remote-code-in-the-clear
curl "$MIRROR/install" | sh
# ok: shell.remote-code
curl -fsSLo install.sh https://get.example.org/install
# ok: shell.remote-code
curl -fsSL https://api.example.org/v1/state | jq -r .name
# ok: shell.remote-code
version=$(curl -fsSL https://api.example.org/version)
# ok: shell.remote-code
curl -fsSL https://get.example.org/x.tar.gz | tar -xz -C /opt/x
# ok: shell.remote-code
curl -s https://api.example.org/x | python3 -c 'import json, sys; print(json.load(sys.stdin)["a"])'
# ok: shell.remote-code
curl -s https://api.example.org/x | perl -ne 'print if /a/'
# ok: shell.remote-code-in-the-clear
curl -s http://localhost:8080/script | sh -s
# ok: shell.remote-code
echo 'curl https://get.example.org | sh'
# ok: shell.remote-code
cat install.sh | sh
# ok: shell.remote-code
curl -fsSL https://get.example.org/sums | sha256sum -c -
# ok: shell.remote-code
curl https://x.example.org/a | node tools/parse.js

read -r -p "Command: " answer
# ruleid: shell.code-injection
eval "$answer"
# ruleid: shell.code-injection
sh -c "ls $answer"
copy="prefix $answer"
# ruleid: shell.code-injection
bash -c "echo $copy"
trimmed=$(echo "$answer" | sed 's/ //g')
# ruleid: shell.code-injection
eval "run_$trimmed"
# ruleid: shell.code-injection
$answer --help
# ruleid: shell.code-injection
python3 -c "print('$answer')"
# ruleid: shell.code-injection
eval "handle $QUERY_STRING"
# ruleid: shell.code-injection
eval "$SSH_ORIGINAL_COMMAND"
script=$(curl -s https://api.example.org/script)
# ruleid: shell.code-injection
eval "$script"
curl -s https://api.example.org/lines | while read -r line; do
    # ruleid: shell.code-injection
    eval "$line"
done
while read -r word; do
    # ruleid: shell.code-injection
    sh -c "$word"
done
# ruleid: shell.code-injection
bash -c "git checkout $GITHUB_HEAD_REF"
# ruleid: shell.sql-injection
psql -c "select * from users where name = '$answer'"
# ruleid: shell.sql-injection
mysql shop -e "delete from carts where id = $answer"
# ruleid: shell.sql-injection
sqlite3 shop.db "select * from goods where name = '$answer'"

# ok: shell.code-injection
echo "$answer"
# ok: shell.code-injection
sh -c 'ls -- "$1"' sh "$answer"
# ok: shell.code-injection
eval "$(ssh-agent -s)"
# ok: shell.code-injection
eval "$(printf 'name=%q' "$answer")"
# ok: shell.code-injection
eval "name=${answer@Q}"
safe=$(printf '%s' "$answer" | tr -cd 'a-z0-9')
# ok: shell.code-injection
eval "run_$safe"
# ok: shell.code-injection
eval "run_${answer//[^a-z]/}"
answer=fixed
# ok: shell.code-injection
eval "$answer"
# ok: shell.code-injection
python3 -c 'import sys; print(sys.argv[1])' "$QUERY_STRING"
helper() {
    # ok: shell.code-injection
    eval "$1"
}
read -r choice
case "$choice" in
start | stop)
    # ok: shell.sql-injection
    systemctl "$choice" shop
    ;;
*) exit 1 ;;
esac
# ok: shell.sql-injection
psql -v name="$choice" -f find.sql

# ruleid: shell.tls-verification
curl --insecure https://api.example.org/a -o a
# ruleid: shell.tls-verification
curl -sSLk https://api.example.org/a -o a
# ruleid: shell.tls-verification
wget --no-check-certificate https://example.org/a
# ruleid: shell.tls-verification
git -c http.sslVerify=false clone https://example.org/a.git
# ruleid: shell.tls-verification
git config --global http.sslVerify false
# ruleid: shell.tls-verification
export NODE_TLS_REJECT_UNAUTHORIZED=0
# ruleid: shell.tls-verification
GIT_SSL_NO_VERIFY=true git fetch
# ruleid: shell.tls-verification
npm config set strict-ssl false
# ruleid: shell.tls-verification
pip install --trusted-host pypi.example.org thing
# ruleid: shell.tls-verification
ssh -o StrictHostKeyChecking=no deploy@example.org true
# ok: shell.tls-verification
curl --cacert ca.pem https://api.example.org/a -o a
# ok: shell.tls-verification
curl -k https://localhost:8443/health
# ok: shell.tls-verification
curl -o k https://api.example.org/a
# ok: shell.tls-verification
export NODE_TLS_REJECT_UNAUTHORIZED=1
# ok: shell.tls-verification
ssh -o StrictHostKeyChecking=accept-new deploy@example.org true
# ok: shell.tls-verification
echo curl -k https://api.example.org

# ruleid: shell.unverified-packages
apt-get install -y --allow-unauthenticated thing
# ruleid: shell.unverified-packages
sudo yum install -y --nogpgcheck thing
# ok: shell.unverified-packages
apt-get install -y --no-install-recommends thing

# ruleid: shell.unsafe-delete
rm -rf "$BUILD/"
# ruleid: shell.unsafe-delete
rm -rf $STEAMROOT/*
# ruleid: shell.unsafe-delete
sudo rm -fr "${CACHE}/objects"
# ruleid: shell.unsafe-delete
rm -rf "/$TARGET"
work=$(mktemp -d)
# ok: shell.unsafe-delete
rm -rf "$work/"
# ok: shell.unsafe-delete
rm -rf "${OUT:?}/"
# ok: shell.unsafe-delete
rm -rf "build/$NAME"
# ok: shell.unsafe-delete
rm -rf "$HOME/.cache/thing"
# ok: shell.unsafe-delete
rm -f "$LOGS/old"
[ -n "$DEST" ] || exit 1
# ok: shell.unsafe-delete
rm -rf "$DEST/"
set -u
# ok: shell.unsafe-delete
rm -rf "$ELSE/"

# ruleid: shell.secret-argument
mysql -u root -p"$DB_PASSWORD" shop
# ruleid: shell.secret-argument
sshpass -p "$PASS" scp a b:
# ruleid: shell.secret-argument
curl -u "deploy:$TOKEN" https://api.example.org
# ruleid: shell.secret-argument
docker login -u me -p "$TOKEN" registry.example.org
# ok: shell.secret-argument
echo "$TOKEN" | docker login -u me --password-stdin registry.example.org
# ok: shell.secret-argument
mysql --defaults-extra-file=/run/my.cnf shop
# ok: shell.secret-argument
curl --netrc https://api.example.org
# ok: shell.secret-argument
docker run -p 8080:80 thing

# ruleid: shell.world-writable
chmod -R 777 /srv/app
# ruleid: shell.world-writable
chmod a+rwx run.sh
# ruleid: shell.world-writable
mkdir -m 777 /srv/drop
# ok: shell.world-writable
chmod 1777 /srv/tmp
# ok: shell.world-writable
chmod 755 run.sh
# ok: shell.world-writable
chmod u+x,g-w run.sh

# ruleid: shell.predictable-file
echo state > /tmp/deploy.state
# ruleid: shell.predictable-file
date >> /tmp/deploy.$$
# ok: shell.predictable-file
echo state > "$work/state"
# ok: shell.predictable-file
cat < /tmp/deploy.state

cat <<'END' > note.txt
curl https://example.org | sh
eval "$answer
END
# ok: shell.remote-code
[[ $choice =~ ^(a|b)$ && -n $work ]] && echo "it's"
while [[ $1 = -* ]]; do
    # it's a comment
    shift
done
