-- Made of the files in migrations: go test ./schema -run TestScriptFile -update

CREATE DATABASE IF NOT EXISTS `commitflow`;

CREATE TABLE IF NOT EXISTS `commitflow`.schema_version
(
    version UInt32,
    applied DateTime('UTC')
)
ENGINE = MergeTree
ORDER BY version
SETTINGS index_granularity = 8192;

CREATE TABLE IF NOT EXISTS `commitflow`.commits
(
    repo              LowCardinality(String),
    position          UInt64 CODEC(Delta, ZSTD(1)),
    batch             UInt64 CODEC(Delta, ZSTD(1)),
    hash              FixedString(20) CODEC(NONE),
    tree              FixedString(20) CODEC(NONE),
    parents           Array(FixedString(20)) CODEC(ZSTD(1)),
    author_name       LowCardinality(String),
    author_mail       LowCardinality(String),
    author_seconds    Int64 CODEC(Delta, ZSTD(1)),
    author_zone       Int32 CODEC(ZSTD(1)),
    committer_name    LowCardinality(String),
    committer_mail    LowCardinality(String),
    committer_seconds Int64 CODEC(Delta, ZSTD(1)),
    committer_zone    Int32 CODEC(ZSTD(1)),
    author_time       DateTime('UTC') ALIAS toDateTime(toUInt32(greatest(0, least(author_seconds, 4294967295))), 'UTC'),
    committer_time    DateTime('UTC') ALIAS toDateTime(toUInt32(greatest(0, least(committer_seconds, 4294967295))), 'UTC'),
    message           String CODEC(ZSTD(3)),
    subject           String CODEC(ZSTD(3)),
    `trailers.key`    Array(LowCardinality(String)),
    `trailers.value`  Array(String) CODEC(ZSTD(3)),
    encoding          LowCardinality(String),
    `headers.key`     Array(LowCardinality(String)),
    `headers.value`   Array(String) CODEC(ZSTD(3)),
    `repairs.field`   Array(LowCardinality(String)),
    `repairs.what`    Array(LowCardinality(String)),
    files             UInt32 CODEC(ZSTD(1)),
    tags              UInt32 CODEC(ZSTD(1)),
    links             UInt32 CODEC(ZSTD(1)),
    added             UInt64 CODEC(ZSTD(1)),
    deleted           UInt64 CODEC(ZSTD(1)),
    bytes             UInt64 CODEC(ZSTD(1)),
    rename_limit_hit  UInt8 CODEC(ZSTD(1)),
    subsystems        Array(LowCardinality(String)),
    quality           Float32 CODEC(ZSTD(1)),
    `quality_parts.rule`   Array(LowCardinality(String)),
    `quality_parts.points` Array(Float32) CODEC(ZSTD(1)),
    INDEX hash_filter hash TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, position)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS `commitflow`.file_changes
(
    repo              LowCardinality(String),
    position          UInt64 CODEC(Delta, ZSTD(1)),
    file              UInt32 CODEC(ZSTD(1)),
    hash              FixedString(20) CODEC(ZSTD(1)),
    author_mail       LowCardinality(String),
    author_seconds    Int64 CODEC(Delta, ZSTD(1)),
    author_time       DateTime('UTC') ALIAS toDateTime(toUInt32(greatest(0, least(author_seconds, 4294967295))), 'UTC'),
    kind              LowCardinality(String),
    old_path          String CODEC(ZSTD(3)),
    new_path          String CODEC(ZSTD(3)),
    path              String ALIAS if(new_path = '', old_path, new_path),
    old_mode          UInt32 CODEC(ZSTD(1)),
    new_mode          UInt32 CODEC(ZSTD(1)),
    old_id            FixedString(20) CODEC(ZSTD(1)),
    new_id            FixedString(20) CODEC(ZSTD(1)),
    similarity        UInt8 CODEC(ZSTD(1)),
    added             UInt32 CODEC(ZSTD(1)),
    deleted           UInt32 CODEC(ZSTD(1)),
    binary            UInt8 CODEC(ZSTD(1)),
    missing           UInt8 CODEC(ZSTD(1)),
    truncated         UInt8 CODEC(ZSTD(1)),
    license           LowCardinality(String),
    patch             String CODEC(ZSTD(3)),
    `hunks.old_start` Array(UInt32) CODEC(ZSTD(1)),
    `hunks.old_lines` Array(UInt32) CODEC(ZSTD(1)),
    `hunks.new_start` Array(UInt32) CODEC(ZSTD(1)),
    `hunks.new_lines` Array(UInt32) CODEC(ZSTD(1)),
    before            Nullable(String) CODEC(ZSTD(3)),
    after             Nullable(String) CODEC(ZSTD(3)),
    INDEX path_filter new_path TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX hash_filter hash TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, position, file)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS `commitflow`.commit_tags
(
    repo              LowCardinality(String),
    position          UInt64 CODEC(Delta, ZSTD(1)),
    number            UInt32 CODEC(ZSTD(1)),
    hash              FixedString(20) CODEC(ZSTD(1)),
    tag               LowCardinality(String),
    `evidence.rule`   Array(LowCardinality(String)),
    `evidence.field`  Array(LowCardinality(String)),
    `evidence.text`   Array(String) CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, position, number)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS `commitflow`.commit_links
(
    repo              LowCardinality(String),
    position          UInt64 CODEC(Delta, ZSTD(1)),
    number            UInt32 CODEC(ZSTD(1)),
    hash              FixedString(20) CODEC(ZSTD(1)),
    kind              LowCardinality(String),
    linked            FixedString(20) CODEC(ZSTD(1)),
    basis             LowCardinality(String),
    subject_differs   UInt8 CODEC(ZSTD(1)),
    partial           UInt8 CODEC(ZSTD(1)),
    reason            LowCardinality(String),
    stated_hash       String CODEC(ZSTD(3)),
    stated_subject    String CODEC(ZSTD(3)),
    INDEX linked_filter linked TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, position, number)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS `commitflow`.model_scores
(
    repo              LowCardinality(String),
    model             LowCardinality(String),
    hash              FixedString(20) CODEC(NONE),
    score             Float32 CODEC(ZSTD(1)),
    `parts.rule`      Array(LowCardinality(String)),
    `parts.points`    Array(Float32) CODEC(ZSTD(1)),
    explanation       String CODEC(ZSTD(3)),
    scored_at         DateTime('UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(scored_at)
PARTITION BY repo
ORDER BY (repo, model, hash)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

CREATE TABLE IF NOT EXISTS `commitflow`.author_expertise
(
    repo              LowCardinality(String),
    path              String CODEC(ZSTD(1)),
    author_mail       LowCardinality(String),
    position          UInt64 CODEC(Delta, ZSTD(1)),
    file              UInt32 CODEC(ZSTD(1)),
    author_seconds    Int64 CODEC(Delta, ZSTD(1)),
    author_time       DateTime('UTC') ALIAS toDateTime(toUInt32(greatest(0, least(author_seconds, 4294967295))), 'UTC'),
    added             UInt32 CODEC(ZSTD(1)),
    deleted           UInt32 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, path, author_mail, position, file)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

CREATE MATERIALIZED VIEW IF NOT EXISTS `commitflow`.author_expertise_feed
TO `commitflow`.author_expertise AS
SELECT repo, if(new_path = '', old_path, new_path) AS path, author_mail, position, file, author_seconds, added, deleted
FROM `commitflow`.file_changes;

CREATE TABLE IF NOT EXISTS `commitflow`.runs
(
    repo              LowCardinality(String),
    started           DateTime('UTC') CODEC(ZSTD(1)),
    run               FixedString(16) CODEC(NONE),
    finished          DateTime('UTC') CODEC(ZSTD(1)),
    source            String CODEC(ZSTD(1)),
    created_by        LowCardinality(String),
    first             UInt64 CODEC(ZSTD(1)),
    next              UInt64 CODEC(ZSTD(1)),
    commits           UInt64 CODEC(ZSTD(1)),
    files             UInt64 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (repo, started, run)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

INSERT INTO `commitflow`.`schema_version` (version, applied) SELECT toUInt32(1), now();

ALTER TABLE `commitflow`.commits
    DROP COLUMN IF EXISTS batch;

ALTER TABLE `commitflow`.commits
    ADD COLUMN IF NOT EXISTS `trailers.loose` Array(UInt8) CODEC(ZSTD(1)) AFTER `trailers.value`,
    ADD COLUMN IF NOT EXISTS mapped_author_name LowCardinality(String) AFTER committer_zone,
    ADD COLUMN IF NOT EXISTS mapped_author_mail LowCardinality(String) AFTER mapped_author_name,
    ADD COLUMN IF NOT EXISTS mapped_committer_name LowCardinality(String) AFTER mapped_author_mail,
    ADD COLUMN IF NOT EXISTS mapped_committer_mail LowCardinality(String) AFTER mapped_committer_name,
    ADD COLUMN IF NOT EXISTS `reviewers.name` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `reviewers.mail` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS bot LowCardinality(String),
    ADD COLUMN IF NOT EXISTS `assistance.agent` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `assistance.model` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `assistance.tools` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS author_commits UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS author_years Float32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS author_subsystems UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS author_reviews UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS maintains Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS expertise Float32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `expertise_parts.rule` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `expertise_parts.points` Array(Float32) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS patch_id FixedString(20) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS state LowCardinality(String) DEFAULT 'in-effect',
    ADD COLUMN IF NOT EXISTS fix_depth UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `stable.versions` Array(String) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `stable.no_autosel` Array(UInt8) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `stable.note` Array(String) CODEC(ZSTD(3)),
    ADD COLUMN IF NOT EXISTS `cves.id` Array(String) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `cves.role` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `cves.score` Array(Float32) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `cves.vector` Array(LowCardinality(String));

ALTER TABLE `commitflow`.commit_tags
    ADD COLUMN IF NOT EXISTS strength UInt8 CODEC(ZSTD(1)) AFTER tag,
    ADD COLUMN IF NOT EXISTS confidence Float32 CODEC(ZSTD(1)) AFTER strength;

ALTER TABLE `commitflow`.commit_links
    ADD COLUMN IF NOT EXISTS confidence LowCardinality(String) AFTER basis,
    ADD COLUMN IF NOT EXISTS days Int32 CODEC(ZSTD(1)) AFTER partial,
    ADD COLUMN IF NOT EXISTS releases UInt32 CODEC(ZSTD(1)) AFTER days;

CREATE TABLE IF NOT EXISTS `commitflow`.releases
(
    repo              LowCardinality(String),
    name              String CODEC(ZSTD(1)),
    hash              FixedString(20) CODEC(NONE)
)
ENGINE = ReplacingMergeTree
ORDER BY (repo, name)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

DROP TABLE IF EXISTS `commitflow`.model_scores;

CREATE TABLE IF NOT EXISTS `commitflow`.model_scores
(
    repo              LowCardinality(String),
    model             LowCardinality(String),
    rubric            LowCardinality(String),
    hash              FixedString(20) CODEC(NONE),
    score             UInt8 CODEC(ZSTD(1)),
    reason            String CODEC(ZSTD(3)),
    `criteria.name`   Array(LowCardinality(String)),
    `criteria.score`  Array(UInt8) CODEC(ZSTD(1)),
    `criteria.reason` Array(String) CODEC(ZSTD(3)),
    failure           String CODEC(ZSTD(3)),
    answer            String CODEC(ZSTD(3)),
    prompt_tokens     UInt32 CODEC(ZSTD(1)),
    answer_tokens     UInt32 CODEC(ZSTD(1)),
    scored_at         DateTime('UTC') CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree(scored_at)
PARTITION BY repo
ORDER BY (repo, model, rubric, hash)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

INSERT INTO `commitflow`.`schema_version` (version, applied) SELECT toUInt32(2), now();
