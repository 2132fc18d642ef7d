//! Which subcommands of which clients destroy infrastructure or drop data.

use crate::effect::EffectKind::{self, Destroy, Drop, Service};

/// One way to lose something.
pub(super) struct Rule {
    pub(super) kind: EffectKind,
    /// The operands: see `matched`.
    pub(super) path: &'static str,
    /// Any of these flags must be there; empty: none needed.
    pub(super) flags: &'static str,
    /// It may well be harmless.
    pub(super) perhaps: bool,
}

/// A program, with the options that take values.
pub(super) struct Client {
    name: &'static str,
    pub(super) options: &'static str,
    pub(super) rules: &'static [Rule],
}

const fn client_of(name: &'static str, options: &'static str, rules: &'static [Rule]) -> Client {
    Client { name, options, rules }
}

const fn rule(kind: EffectKind, path: &'static str, flags: &'static str) -> Rule {
    Rule { kind, path, flags, perhaps: false }
}

const fn perhaps(kind: EffectKind, path: &'static str, flags: &'static str) -> Rule {
    Rule { kind, path, flags, perhaps: true }
}

/// The row of a program.
pub(super) fn client(name: &str) -> Option<&'static Client> {
    CLIENTS.binary_search_by(|client| client.name.cmp(name)).ok().and_then(|at| CLIENTS.get(at))
}

const VBOXMANAGE: &[Rule] = &[
    rule(Destroy, "unregistervm", "--delete --delete-all"),
    rule(Destroy, "closemedium", "--delete"),
    rule(Destroy, "snapshot * delete", ""),
];
const ALEMBIC: &[Rule] = &[rule(Drop, "downgrade", "")];
const ALIYUN: &[Rule] = &[
    rule(Drop, "db reset", ""),
    rule(Drop, "db destroy|delete", ""),
    rule(Destroy, "** delete|destroy|terminate|rm|purge|*-delete", ""),
];
const ALIYUN_OPTIONS: &str = "-p:t --profile:t --project:t --region:t --org:t";
const AMPLIFY: &[Rule] = &[rule(Destroy, "delete", ""), rule(Destroy, "** delete|terminate", "")];
const ANSIBLE_GALAXY: &[Rule] = &[rule(Destroy, "** delete", "")];
const ARGOCD: &[Rule] = &[rule(Destroy, "** delete|rm", "")];
const ARTISAN: &[Rule] = &[rule(Drop, "migrate:fresh|migrate:reset|migrate:refresh|db:wipe|schema:drop", "")];
const AWS: &[Rule] = &[
    rule(Destroy, "s3 rb", ""),
    rule(Destroy, "s3 rm", ""),
    rule(Destroy, "s3 sync", "--delete"),
    perhaps(Destroy, "s3 mv", "--recursive"),
    perhaps(Destroy, "* delete-tags|remove-tags-from-resource|untag-*", ""),
    rule(
        Destroy,
        "* delete-*|terminate-*|purge-*|destroy-*|deregister-*|schedule-key-deletion|cancel-*|batch-delete-*|disable-key|stop-logging|revoke-*|remove-*",
        "",
    ),
];
const AWS_OPTIONS: &str = "--profile:t --region:t --output:t --query:t --endpoint-url:t --bucket:t --key:t --cli-input-json:t --db-instance-identifier:t --stack-name:t --instance-ids:t --table-name:t --function-name:t --cluster:t --user-name:t --role-name:t --name:t --id:t --exclude:t --include:t";
const AZ: &[Rule] = &[rule(Destroy, "** delete|purge|delete-*", "")];
const AZ_OPTIONS: &str = "-g:t --resource-group:t -n:t --name:t --subscription:t";
const B2: &[Rule] = &[rule(Destroy, "del|rb|rm|rmdir|delete-bucket|delete-file-version", "")];
const BAO: &[Rule] = &[
    rule(Drop, "delete", ""),
    rule(Drop, "kv delete|destroy", ""),
    rule(Drop, "kv metadata delete", ""),
    rule(Destroy, "secrets|auth|audit disable", ""),
    rule(Destroy, "policy delete", ""),
    rule(Destroy, "operator seal|step-down", ""),
    perhaps(Destroy, "token|lease revoke", ""),
];
const BORG: &[Rule] = &[rule(Destroy, "delete|prune|compact", "")];
const BTRFS: &[Rule] = &[rule(Destroy, "subvolume|sub delete|del", "")];
const CDK: &[Rule] = &[rule(Destroy, "destroy", "")];
const CEPH: &[Rule] = &[
    rule(Destroy, "osd pool delete|rm", ""),
    rule(Destroy, "osd purge|destroy", ""),
    rule(Destroy, "rmpool|purge", ""),
    rule(Destroy, "rm|remove", ""),
    rule(Destroy, "fs rm", ""),
];
const CONSOLE: &[Rule] = &[
    rule(Drop, "doctrine:database:drop|doctrine:schema:drop", ""),
    rule(Drop, "doctrine:mongodb:schema:drop", ""),
];
const CONSUL: &[Rule] = &[rule(Drop, "kv delete", "-recurse --recurse"), perhaps(Drop, "kv delete", "")];
const CRC: &[Rule] = &[rule(Destroy, "** delete", "")];
const CRC_OPTIONS: &str = "--name:t -p:t --profile:t --region:t -f:t";
const CRICTL: &[Rule] = &[rule(Destroy, "rm|rmp|rmi", "-a --all -f --force")];
const DBMATE: &[Rule] = &[rule(Drop, "drop|reset|down-to", ""), perhaps(Drop, "down", "")];
const DIESEL: &[Rule] = &[rule(Drop, "database reset|drop", ""), perhaps(Drop, "migration redo", "")];
const DJANGO_ADMIN: &[Rule] =
    &[rule(Drop, "flush|reset_db|sqlflush|reset_schema", ""), rule(Drop, "migrate * zero", "")];
const DOCKER: &[Rule] = &[
    rule(Destroy, "system prune|reset", ""),
    rule(Destroy, "volume rm|remove|prune", ""),
    rule(Destroy, "container prune", ""),
    rule(Destroy, "rm|remove", "-f --force -v --volumes"),
    rule(Destroy, "container rm|remove", "-f --force -v --volumes"),
    rule(Destroy, "compose down", "-v --volumes"),
    rule(Destroy, "compose * down", "-v --volumes"),
    rule(Destroy, "compose * * down", "-v --volumes"),
    rule(Destroy, "compose rm", "-v --volumes"),
    rule(Destroy, "stack|service|secret|config rm|remove", ""),
    rule(Destroy, "swarm leave", "-f --force"),
    rule(Destroy, "machine rm", ""),
    rule(Destroy, "pod rm|prune", "-f --force"),
    perhaps(Destroy, "image prune", "-a --all"),
];
const DOCKER_OPTIONS: &str = "-H:t --host:t -c:t --context:t --config:t --file:t --project-name:t -l:t --filter:t -t:t --timeout:t --profile:t --env-file:t";
const DOCKER_COMPOSE: &[Rule] = &[rule(Destroy, "down", "-v --volumes"), rule(Destroy, "rm", "-v --volumes")];
const DOCKER_COMPOSE_OPTIONS: &str = "-H:t --host:t -c:t --context:t --config:t --file:t --project-name:t -l:t --filter:t -t:t --timeout:t --profile:t --env-file:t -f:t -p:t";
const DOCKER_MACHINE: &[Rule] = &[rule(Destroy, "rm", "")];
const DOCTL: &[Rule] = &[rule(Destroy, "** delete|destroy|d|rm", "")];
const DOTNET: &[Rule] = &[rule(Drop, "ef database drop", "")];
const DROPDB: &[Rule] = &[rule(Drop, "", "")];
const DROPUSER: &[Rule] = &[rule(Drop, "", "")];
const DRUSH: &[Rule] = &[rule(Drop, "sql-drop|sql:drop|site-install", "")];
const ELASTICSEARCH_RESET_PASSWORD: &[Rule] = &[rule(Service, "", "")];
const ETCDCTL: &[Rule] = &[
    rule(Drop, "del|rm|rmdir", "--prefix -r --recursive --from-key"),
    rule(Drop, "del|rm", ""),
    rule(Destroy, "member remove", ""),
];
const ETCDCTL_OPTIONS: &str = "--endpoints:t --cacert:t --cert:t --key:t --user:t";
const FIREBASE: &[Rule] =
    &[rule(Destroy, "*:delete|*:remove|hosting:disable|functions:delete|*:disable", "")];
const FLASK: &[Rule] = &[rule(Drop, "db downgrade", "")];
const FLUX: &[Rule] = &[rule(Destroy, "uninstall|delete", "")];
const FLY: &[Rule] = &[rule(Destroy, "** destroy|delete|rm", "")];
const FLYWAY: &[Rule] = &[rule(Drop, "clean", "")];
const GCLOUD: &[Rule] = &[rule(Destroy, "** delete|destroy|remove", ""), rule(Destroy, "storage rm", "")];
const GCLOUD_OPTIONS: &str = "--project:t --zone:t --region:t --account:t --format:t --filter:t";
const GSUTIL: &[Rule] =
    &[rule(Destroy, "rm|rb", ""), rule(Destroy, "rsync", "-d"), rule(Destroy, "** rm", "")];
const HADOOP: &[Rule] = &[rule(Destroy, "fs", "-rm -rmr -rmdir")];
const HDFS: &[Rule] = &[rule(Destroy, "dfs", "-rm -rmr -rmdir"), rule(Destroy, "namenode", "-format")];
const HELM: &[Rule] = &[rule(Destroy, "uninstall|delete|del|un", "")];
const HELMFILE: &[Rule] = &[rule(Destroy, "destroy|delete", "")];
const HEROKU: &[Rule] = &[
    rule(
        Destroy,
        "apps:destroy|apps:delete|destroy|addons:destroy|domains:clear|pipelines:destroy|spaces:destroy|*:destroy",
        "",
    ),
    rule(Drop, "pg:reset", ""),
];
const INCUS: &[Rule] = &[
    rule(Destroy, "delete|rm", ""),
    rule(Destroy, "image|storage|network|snapshot|profile delete", ""),
    rule(Destroy, "storage volume delete", ""),
];
const INFLUXD: &[Rule] = &[perhaps(Destroy, "restore", "-full")];
const K: &[Rule] = &[
    rule(Destroy, "delete", ""),
    rule(Destroy, "replace", "--force"),
    rule(Service, "drain", ""),
    rule(Service, "scale", "--replicas=0"),
];
const K_OPTIONS: &str = "-n:t --namespace:t --context:t --cluster:t --user:t --kubeconfig:t -s:t --server:t -l:t --selector:t -f:t --filename:t --grace-period:t -o:t --field-selector:t --replicas:t";
const K9S: &[Rule] = &[];
const KAFKA_DELETE_RECORDS: &[Rule] = &[rule(Drop, "", "--delete")];
const KAFKA_DELETE_RECORDS_OPTIONS: &str = "--topic:t --bootstrap-server:t --zookeeper:t";
const KNEX: &[Rule] = &[rule(Drop, "migrate:rollback", "--all"), perhaps(Drop, "migrate:rollback", "")];
const LIQUIBASE: &[Rule] = &[rule(Drop, "dropAll|drop-all", "")];
const LXC_DESTROY: &[Rule] = &[rule(Destroy, "", "")];
const MARIADB_ADMIN: &[Rule] = &[rule(Drop, "drop", ""), rule(Service, "shutdown", "")];
const MC: &[Rule] = &[rule(Destroy, "rm|rb", "-r --recursive --force"), rule(Destroy, "rb", "")];
const MIX: &[Rule] = &[rule(Drop, "ecto.drop|ecto.reset|ecto.rollback", "")];
const MULTIPASS: &[Rule] = &[rule(Destroy, "delete|purge", "")];
const NETLIFY: &[Rule] = &[rule(Destroy, "*:delete", "")];
const NODETOOL: &[Rule] = &[rule(Destroy, "decommission|removenode|clearsnapshot", "")];
const NOMAD: &[Rule] = &[
    rule(Destroy, "job stop", "-purge --purge"),
    rule(Destroy, "system gc", ""),
    rule(Destroy, "namespace|volume delete", ""),
];
const PCT: &[Rule] = &[rule(Destroy, "destroy", ""), rule(Destroy, "rollback|delsnapshot", "")];
const PG_RESTORE: &[Rule] = &[rule(Drop, "", "-c --clean")];
const PG_RESTORE_OPTIONS: &str = "-h:t -p:t -U:t -d:t --dbname:t -j:t -n:t -t:t";
const PRISMA: &[Rule] =
    &[rule(Drop, "migrate reset", ""), rule(Drop, "db push", "--force-reset --accept-data-loss")];
const PRLCTL: &[Rule] = &[rule(Destroy, "delete", "")];
const PULUMI: &[Rule] = &[
    rule(Destroy, "destroy|down", ""),
    rule(Destroy, "stack rm", ""),
    rule(Destroy, "state delete", ""),
    perhaps(Destroy, "up|update", "-y --yes"),
];
const RABBITMQCTL: &[Rule] = &[rule(Drop, "reset|force_reset|delete_queue|purge_queue|delete_vhost", "")];
const RAILS: &[Rule] = &[rule(
    Drop,
    "db:drop|db:reset|db:purge|db:schema:load|db:drop:_unsafe|db:drop:all|db:migrate:reset|db:truncate_all|db:seed:replant|db:structure:load",
    "",
)];
const RAILWAY: &[Rule] = &[rule(Destroy, "down|delete", ""), rule(Destroy, "** delete", "")];
const RCLONE: &[Rule] =
    &[rule(Destroy, "purge|delete|deletefile|rmdirs|cleanup", ""), perhaps(Destroy, "sync|move", "")];
const RESTIC: &[Rule] = &[
    rule(Destroy, "forget", "--prune"),
    rule(Destroy, "prune", ""),
    perhaps(Destroy, "forget", ""),
    rule(Destroy, "key remove", ""),
];
const RESTIC_OPTIONS: &str = "-r:t --repo:t -p:t --password-file:t --keep-last:t --keep-daily:t";
const SEQUELIZE: &[Rule] = &[rule(Drop, "db:drop|db:migrate:undo:all", "")];
const SERVERLESS: &[Rule] = &[rule(Destroy, "remove", "")];
const SNAPPER: &[Rule] = &[rule(Destroy, "delete|rm", ""), rule(Destroy, "", "--delete --delete-all")];
const SNOW: &[Rule] = &[rule(Drop, "object drop", "")];
const TEMPORAL: &[Rule] = &[rule(Destroy, "** delete|terminate", "")];
const TERRAFORM: &[Rule] = &[
    rule(Destroy, "destroy", ""),
    rule(Destroy, "apply", "-destroy --destroy"),
    perhaps(Destroy, "apply", "-auto-approve --auto-approve"),
    rule(Destroy, "run-all destroy", ""),
    perhaps(Destroy, "run-all apply", ""),
    perhaps(Destroy, "state rm", ""),
    rule(Destroy, "workspace delete", ""),
];
const TERRAFORM_OPTIONS: &str = "-chdir:t -target:t -var:t -var-file:t -state:t";
const TYPEORM: &[Rule] = &[rule(Drop, "schema:drop", ""), perhaps(Drop, "schema:sync", "")];
const VAGRANT: &[Rule] = &[rule(Destroy, "destroy", ""), perhaps(Destroy, "box|snapshot remove|delete", "")];
const VELERO: &[Rule] = &[rule(Destroy, "** delete", "")];
const VERCEL: &[Rule] = &[rule(Destroy, "rm|remove", ""), rule(Destroy, "** rm|remove", "")];
const VIRSH: &[Rule] = &[rule(
    Destroy,
    "undefine|destroy|vol-delete|vol-wipe|pool-delete|pool-destroy|snapshot-delete|net-destroy|net-undefine",
    "",
)];
const WP: &[Rule] = &[rule(Drop, "db reset|drop|clean", ""), rule(Drop, "site empty|delete", "")];
const WRANGLER: &[Rule] = &[rule(Destroy, "** delete|*:delete", "")];
const ZFS: &[Rule] = &[rule(Destroy, "destroy|rollback", "")];
const ZPOOL: &[Rule] = &[rule(Destroy, "destroy|labelclear", "")];

static CLIENTS: &[Client] = &[
    client_of("VBoxManage", "", VBOXMANAGE),
    client_of("alembic", "-c:t -n:t", ALEMBIC),
    client_of("aliyun", ALIYUN_OPTIONS, ALIYUN),
    client_of("amplify", "--stack-name:t", AMPLIFY),
    client_of("ansible-galaxy", "", ANSIBLE_GALAXY),
    client_of("argocd", "--server:t", ARGOCD),
    client_of("artisan", "", ARTISAN),
    client_of("atlas", ALIYUN_OPTIONS, ALIYUN),
    client_of("aws", AWS_OPTIONS, AWS),
    client_of("az", AZ_OPTIONS, AZ),
    client_of("b2", "--endpoint-url:t", B2),
    client_of("bao", "-address:t -namespace:t", BAO),
    client_of("borg", "", BORG),
    client_of("btrfs", "", BTRFS),
    client_of("cdk", "-c:t --app:t --profile:t", CDK),
    client_of("cdktf", "-c:t --app:t --profile:t", CDK),
    client_of("ceph", "-p:t --pool:t", CEPH),
    client_of("console", "", CONSOLE),
    client_of("consul", "", CONSUL),
    client_of("copilot", "--stack-name:t", AMPLIFY),
    client_of("crc", CRC_OPTIONS, CRC),
    client_of("crictl", "", CRICTL),
    client_of("dbmate", "-path:t -database:t -dir:t", DBMATE),
    client_of("diesel", "", DIESEL),
    client_of("django-admin", "--settings:t --database:t", DJANGO_ADMIN),
    client_of("docker", DOCKER_OPTIONS, DOCKER),
    client_of("docker-compose", DOCKER_COMPOSE_OPTIONS, DOCKER_COMPOSE),
    client_of("docker-machine", "", DOCKER_MACHINE),
    client_of("doctl", "-t:t --access-token:t --context:t", DOCTL),
    client_of("doctrine", "", CONSOLE),
    client_of("dotnet", "", DOTNET),
    client_of("dropdb", "-h:t -p:t -U:t --maintenance-db:t", DROPDB),
    client_of("dropuser", "-h:t -p:t -U:t", DROPUSER),
    client_of("drush", "", DRUSH),
    client_of("eb", "--stack-name:t", AMPLIFY),
    client_of("eksctl", CRC_OPTIONS, CRC),
    client_of("elasticsearch-reset-password", "", ELASTICSEARCH_RESET_PASSWORD),
    client_of("etcdctl", ETCDCTL_OPTIONS, ETCDCTL),
    client_of("exo", ALIYUN_OPTIONS, ALIYUN),
    client_of("firebase", "-P:t --project:t", FIREBASE),
    client_of("flask", "--app:t", FLASK),
    client_of("flux", "-n:t", FLUX),
    client_of("fly", "-a:t --app:t -c:t", FLY),
    client_of("flyctl", "-a:t --app:t -c:t", FLY),
    client_of("flyway", "", FLYWAY),
    client_of("gcloud", GCLOUD_OPTIONS, GCLOUD),
    client_of("goose", "-path:t -database:t -dir:t", DBMATE),
    client_of("gsutil", "", GSUTIL),
    client_of("hadoop", "", HADOOP),
    client_of("hcloud", ALIYUN_OPTIONS, ALIYUN),
    client_of("hdfs", "", HDFS),
    client_of("helm", "-n:t --namespace:t --kube-context:t", HELM),
    client_of("helmfile", "-f:t -e:t", HELMFILE),
    client_of("heroku", "-a:t --app:t -c:t --confirm:t -r:t", HEROKU),
    client_of("ibmcloud", ALIYUN_OPTIONS, ALIYUN),
    client_of("incus", "--project:t", INCUS),
    client_of("influxd", "", INFLUXD),
    client_of("k", K_OPTIONS, K),
    client_of("k3d", CRC_OPTIONS, CRC),
    client_of("k9s", "", K9S),
    client_of("kafka-delete-records", KAFKA_DELETE_RECORDS_OPTIONS, KAFKA_DELETE_RECORDS),
    client_of("kafka-topics", KAFKA_DELETE_RECORDS_OPTIONS, KAFKA_DELETE_RECORDS),
    client_of("kafka-topics.sh", KAFKA_DELETE_RECORDS_OPTIONS, KAFKA_DELETE_RECORDS),
    client_of("kind", CRC_OPTIONS, CRC),
    client_of("knex", "--env:t", KNEX),
    client_of("kops", CRC_OPTIONS, CRC),
    client_of("kubectl", K_OPTIONS, K),
    client_of("kubectx", "", K9S),
    client_of("kubens", "", K9S),
    client_of("linode-cli", ALIYUN_OPTIONS, ALIYUN),
    client_of("liquibase", "", LIQUIBASE),
    client_of("lxc", "--project:t", INCUS),
    client_of("lxc-destroy", "-n:t", LXC_DESTROY),
    client_of("manage.py", "--settings:t --database:t", DJANGO_ADMIN),
    client_of("mariadb-admin", "-h:t -u:t -P:t -p=t --host:t --user:t", MARIADB_ADMIN),
    client_of("mc", "", MC),
    client_of("mcli", "", MC),
    client_of("migrate", "-path:t -database:t -dir:t", DBMATE),
    client_of("minikube", CRC_OPTIONS, CRC),
    client_of("mix", "", MIX),
    client_of("multipass", "", MULTIPASS),
    client_of("mysqladmin", "-h:t -u:t -P:t -p=t --host:t --user:t", MARIADB_ADMIN),
    client_of("neonctl", ALIYUN_OPTIONS, ALIYUN),
    client_of("nerdctl", DOCKER_OPTIONS, DOCKER),
    client_of("netlify", "-s:t --auth:t", NETLIFY),
    client_of("nodetool", "-h:t -p:t", NODETOOL),
    client_of("nomad", "-address:t -region:t -namespace:t", NOMAD),
    client_of("ntl", "-s:t --auth:t", NETLIFY),
    client_of("oc", K_OPTIONS, K),
    client_of("oci", ALIYUN_OPTIONS, ALIYUN),
    client_of("openstack", ALIYUN_OPTIONS, ALIYUN),
    client_of("ovhcloud", ALIYUN_OPTIONS, ALIYUN),
    client_of("pct", "", PCT),
    client_of("pg_restore", PG_RESTORE_OPTIONS, PG_RESTORE),
    client_of("podman", DOCKER_OPTIONS, DOCKER),
    client_of("podman-compose", DOCKER_COMPOSE_OPTIONS, DOCKER_COMPOSE),
    client_of("prisma", "--schema:t", PRISMA),
    client_of("prlctl", "", PRLCTL),
    client_of("pscale", ALIYUN_OPTIONS, ALIYUN),
    client_of("pulumi", "-s:t --stack:t -C:t", PULUMI),
    client_of("qm", "", PCT),
    client_of("rabbitmqctl", "-p:t -n:t", RABBITMQCTL),
    client_of("rados", "-p:t --pool:t", CEPH),
    client_of("rails", "-f:t", RAILS),
    client_of("railway", "-s:t -e:t", RAILWAY),
    client_of("rake", "-f:t", RAILS),
    client_of("rbd", "-p:t --pool:t", CEPH),
    client_of("rclone", "--config:t --include:t --exclude:t", RCLONE),
    client_of("restic", RESTIC_OPTIONS, RESTIC),
    client_of("s3cmd", "--endpoint-url:t", B2),
    client_of("s4cmd", "--endpoint-url:t", B2),
    client_of("s5cmd", "--endpoint-url:t", B2),
    client_of("sam", "--stack-name:t", AMPLIFY),
    client_of("scw", ALIYUN_OPTIONS, ALIYUN),
    client_of("sequelize", "", SEQUELIZE),
    client_of("sequelize-cli", "", SEQUELIZE),
    client_of("serverless", "--stage:t -s:t --region:t", SERVERLESS),
    client_of("sls", "--stage:t -s:t --region:t", SERVERLESS),
    client_of("snapper", "-c:t", SNAPPER),
    client_of("snow", "", SNOW),
    client_of("snowflake", "", SNOW),
    client_of("sqlx", "", DIESEL),
    client_of("supabase", ALIYUN_OPTIONS, ALIYUN),
    client_of("tccli", ALIYUN_OPTIONS, ALIYUN),
    client_of("temporal", "", TEMPORAL),
    client_of("terraform", TERRAFORM_OPTIONS, TERRAFORM),
    client_of("terragrunt", TERRAFORM_OPTIONS, TERRAFORM),
    client_of("timeshift", "-c:t", SNAPPER),
    client_of("tofu", TERRAFORM_OPTIONS, TERRAFORM),
    client_of("turso", ALIYUN_OPTIONS, ALIYUN),
    client_of("typeorm", "-d:t", TYPEORM),
    client_of("vagrant", "", VAGRANT),
    client_of("vault", "-address:t -namespace:t", BAO),
    client_of("vboxmanage", "", VBOXMANAGE),
    client_of("velero", "-n:t", VELERO),
    client_of("vercel", "-t:t --token:t --scope:t", VERCEL),
    client_of("virsh", "-c:t --connect:t", VIRSH),
    client_of("vultr-cli", ALIYUN_OPTIONS, ALIYUN),
    client_of("wp", "--path:t", WP),
    client_of("wrangler", "-c:t --config:t -e:t --env:t --name:t", WRANGLER),
    client_of("yc", ALIYUN_OPTIONS, ALIYUN),
    client_of("zfs", "-t:t -o:t", ZFS),
    client_of("zpool", "", ZPOOL),
];

#[cfg(test)]
mod tests {
    use super::CLIENTS;

    #[test]
    fn the_clients_are_sorted_so_that_every_one_is_found() {
        for pair in CLIENTS.windows(2) {
            assert!(pair[0].name < pair[1].name, "{} comes after {}", pair[0].name, pair[1].name);
        }
    }
}
