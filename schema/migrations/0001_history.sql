-- The tables of a history. {database} is replaced by the name of the database;
-- a statement ends in a semicolon at the end of a line. The line "sharded by"
-- above a table says how a cluster spreads its rows, see CLUSTER.md.
--
-- All tables are kept in the order of the history, as that is how they are
-- written, how they are read back, and what lies next to what compresses best.
-- They are partitioned by repository, so that one of many can be dropped in an
-- instant: ALTER TABLE … DROP PARTITION 'linux'.
--
-- The order of paths would take less (patches 134 MB instead of 184, whole files
-- half), and make every reader of commits collect them from all over the table.
--
-- Sizes in these comments are those of u-boot: 106,978 commits with 532,302
-- changed files take 254.5 MB, 2,379 bytes a commit: file_changes 220.2 MB,
-- commits 26.6, author_expertise 6.3, commit_tags 1.0, commit_links 0.4. They come
-- from TestSizes, on ClickHouse 26.5, merged.
--
-- ReplacingMergeTree keeps the last row written of those with equal keys: what
-- is left of a batch that was written twice, or with newer labels.
-- non_replicated_deduplication_window goes further: the server remembers the
-- last 1000 blocks by their token, and does not write a repeated one at all. A
-- thousand blocks of 16 MB and more are further than any sink lies behind another.
--
-- A granule, the least that is read, has 1024 rows instead of 8192: rows with
-- messages and patches are large, and readers take some thousand at a time. It
-- costs 0.5 % of the size of the patches.

-- One row a commit.
-- sharded by: cityHash64(repo, hash)
CREATE TABLE IF NOT EXISTS {database}.commits
(
    repo              LowCardinality(String),
    -- The commit's place in its history, parents before children.
    position          UInt64 CODEC(Delta, ZSTD(1)),
    -- Not used any more.
    batch             UInt64 CODEC(Delta, ZSTD(1)),
    -- Hashes are binary: lower(hex(hash)) shows one, unhex('…') makes one. They
    -- do not compress, so no time is spent on trying. All keys and hashes of this
    -- table are 6.6 MB.
    hash              FixedString(20) CODEC(NONE),
    tree              FixedString(20) CODEC(NONE),
    parents           Array(FixedString(20)) CODEC(ZSTD(1)),

    -- Times are seconds since 1970 as git has them, which may be out of any
    -- calendar; author_time and committer_time are what DateTime can hold of
    -- them, computed when asked for. Zones are git's digits: -800 for "-0800".
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

    -- The subject and the trailers are parts of the message, repeated because
    -- most questions need nothing else of it. The three are 15.1 MB.
    message           String CODEC(ZSTD(3)),
    subject           String CODEC(ZSTD(3)),
    `trailers.key`    Array(LowCardinality(String)),
    `trailers.value`  Array(String) CODEC(ZSTD(3)),

    -- What else the commit object holds, and what was odd about it.
    encoding          LowCardinality(String),
    `headers.key`     Array(LowCardinality(String)),
    `headers.value`   Array(String) CODEC(ZSTD(3)),
    `repairs.field`   Array(LowCardinality(String)),
    `repairs.what`    Array(LowCardinality(String)),

    -- Sums over the commit's rows in the other tables.
    files             UInt32 CODEC(ZSTD(1)),
    tags              UInt32 CODEC(ZSTD(1)),
    links             UInt32 CODEC(ZSTD(1)),
    added             UInt64 CODEC(ZSTD(1)),
    deleted           UInt64 CODEC(ZSTD(1)),
    -- The bytes of all texts of the commit; readers cut their batches by it.
    bytes             UInt64 CODEC(ZSTD(1)),
    rename_limit_hit  UInt8 CODEC(ZSTD(1)),

    subsystems        Array(LowCardinality(String)),
    -- 0 to 100, and the rules that gave and took points.
    quality           Float32 CODEC(ZSTD(1)),
    `quality_parts.rule`   Array(LowCardinality(String)),
    `quality_parts.points` Array(Float32) CODEC(ZSTD(1)),

    -- A single commit is mostly asked for by its hash, which the order does not
    -- know. 1024 hashes make a filter of 2 KB, 0.2 MB in all, and one granule in a
    -- thousand is read in vain.
    INDEX hash_filter hash TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, position)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000;

-- One row a changed file. Author, time and subsystems stand in commits; mail and
-- time are repeated here, for author_expertise and for the most frequent
-- questions. In a commit's rows they are equal, so they take next to nothing.
-- sharded by: cityHash64(repo, hash)
CREATE TABLE IF NOT EXISTS {database}.file_changes
(
    repo              LowCardinality(String),
    position          UInt64 CODEC(Delta, ZSTD(1)),
    -- The place among the commit's files, in git's order, from 0.
    file              UInt32 CODEC(ZSTD(1)),
    -- Here a hash is repeated for every file of its commit: 2.1 MB, instead of
    -- 10.6 as they are and 2.3 with LZ4.
    hash              FixedString(20) CODEC(ZSTD(1)),
    author_mail       LowCardinality(String),
    author_seconds    Int64 CODEC(Delta, ZSTD(1)),
    author_time       DateTime('UTC') ALIAS toDateTime(toUInt32(greatest(0, least(author_seconds, 4294967295))), 'UTC'),

    -- git's letter: A M D R C T.
    kind              LowCardinality(String),
    -- Added files have no old path, deleted ones no new path. Both together are
    -- 6.0 MB; 10.8 with LZ4, 6.3 with ZSTD(1), 5.6 with ZSTD(6). LowCardinality
    -- would take 5.5, with a dictionary for every part that grows with the tree.
    old_path          String CODEC(ZSTD(3)),
    new_path          String CODEC(ZSTD(3)),
    path              String ALIAS if(new_path = '', old_path, new_path),
    old_mode          UInt32 CODEC(ZSTD(1)),
    new_mode          UInt32 CODEC(ZSTD(1)),
    -- A blob's id comes twice, as new, and as old when it is changed again, but
    -- mostly too far apart: 19.8 MB together, instead of 21.3 as they are. What is
    -- saved are the zeros of added and deleted files.
    old_id            FixedString(20) CODEC(ZSTD(1)),
    new_id            FixedString(20) CODEC(ZSTD(1)),
    similarity        UInt8 CODEC(ZSTD(1)),

    added             UInt32 CODEC(ZSTD(1)),
    deleted           UInt32 CODEC(ZSTD(1)),
    binary            UInt8 CODEC(ZSTD(1)),
    missing           UInt8 CODEC(ZSTD(1)),
    truncated         UInt8 CODEC(ZSTD(1)),
    license           LowCardinality(String),

    -- The patch as git prints it, and the line ranges of its hunks (3.8 MB).
    -- Patches are 184 MB; 306 with LZ4, 199 with ZSTD(1), 168 with ZSTD(6) and 164
    -- with ZSTD(9), whose time every merge would take again. Blocks of 4 MB
    -- would save 4 %, and have a reader of one commit unpack them.
    patch             String CODEC(ZSTD(3)),
    `hunks.old_start` Array(UInt32) CODEC(ZSTD(1)),
    `hunks.old_lines` Array(UInt32) CODEC(ZSTD(1)),
    `hunks.new_start` Array(UInt32) CODEC(ZSTD(1)),
    `hunks.new_lines` Array(UInt32) CODEC(ZSTD(1)),

    -- The whole file before and after, where the pipeline was asked to load
    -- them; NULL elsewhere. For the youngest 3,000 commits they take 48.4 MB, and
    -- all else of these commits 8.0.
    before            Nullable(String) CODEC(ZSTD(3)),
    after             Nullable(String) CODEC(ZSTD(3)),

    -- The changes of one file, with their patches. author_expertise has its
    -- changes in one place, without. Both filters are 0.7 MB.
    INDEX path_filter new_path TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX hash_filter hash TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, position, file)
SETTINGS index_granularity = 1024, non_replicated_deduplication_window = 1000;

-- One row a tag. A commit that is written again with fewer tags gets rows with
-- an empty tag in the place of the others: they replace what is no longer true.
-- Queries that do not name a tag say tag != ''.
-- sharded by: cityHash64(repo, hash)
CREATE TABLE IF NOT EXISTS {database}.commit_tags
(
    repo              LowCardinality(String),
    position          UInt64 CODEC(Delta, ZSTD(1)),
    -- The place among the commit's tags, from 0.
    number            UInt32 CODEC(ZSTD(1)),
    hash              FixedString(20) CODEC(ZSTD(1)),
    tag               LowCardinality(String),
    -- Why: the rule, where it matched, and what.
    `evidence.rule`   Array(LowCardinality(String)),
    `evidence.field`  Array(LowCardinality(String)),
    `evidence.text`   Array(String) CODEC(ZSTD(3))
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, position, number)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

-- One row a link to another commit of the history, and one a reference that
-- could not be resolved: then linked is all zeros, and reason says why. Rows with
-- an empty kind stand, as in commit_tags, where there was a link once.
-- sharded by: cityHash64(repo, hash)
CREATE TABLE IF NOT EXISTS {database}.commit_links
(
    repo              LowCardinality(String),
    position          UInt64 CODEC(Delta, ZSTD(1)),
    -- The place among the commit's links, from 0: first the resolved ones.
    number            UInt32 CODEC(ZSTD(1)),
    hash              FixedString(20) CODEC(ZSTD(1)),
    -- fixes, fixed-by, reverts, reverted-by, reapplies, reapplied-by,
    -- backport-of, backported-to, requires, required-by. Both ends of a link have a
    -- row.
    kind              LowCardinality(String),
    linked            FixedString(20) CODEC(ZSTD(1)),
    -- How it was established: hash, prefix, subject or patch-id.
    basis             LowCardinality(String),
    subject_differs   UInt8 CODEC(ZSTD(1)),
    partial           UInt8 CODEC(ZSTD(1)),
    -- Of unresolved references: why, and what the message says.
    reason            LowCardinality(String),
    stated_hash       String CODEC(ZSTD(3)),
    stated_subject    String CODEC(ZSTD(3)),

    -- "What fixes this commit?" is also asked by the other end's hash.
    INDEX linked_filter linked TYPE bloom_filter(0.001) GRANULARITY 1
)
ENGINE = ReplacingMergeTree
PARTITION BY repo
ORDER BY (repo, position, number)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

-- What models think of commits. A model that judges a commit again replaces
-- what it thought before.
-- sharded by: cityHash64(repo, hash)
CREATE TABLE IF NOT EXISTS {database}.model_scores
(
    repo              LowCardinality(String),
    model             LowCardinality(String),
    hash              FixedString(20) CODEC(NONE),
    -- 0 to 100.
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

-- Who changed which file when: the changes of file_changes in the order of their
-- paths. The view below keeps it up to date. It holds changes and not sums, for
-- two reasons: a sum would count a block that is written twice, and with
-- "position < x" it tells the experience that an author had at any commit. In
-- the order of paths and authors most columns repeat themselves.
-- sharded by: rand()
CREATE TABLE IF NOT EXISTS {database}.author_expertise
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

CREATE MATERIALIZED VIEW IF NOT EXISTS {database}.author_expertise_feed
TO {database}.author_expertise AS
SELECT repo, if(new_path = '', old_path, new_path) AS path, author_mail, position, file, author_seconds, added, deleted
FROM {database}.file_changes;

-- One row a run of an extraction. It is written twice: when the run begins, and
-- with its end when it has succeeded.
-- sharded by: cityHash64(repo)
CREATE TABLE IF NOT EXISTS {database}.runs
(
    repo              LowCardinality(String),
    started           DateTime('UTC') CODEC(ZSTD(1)),
    -- Tells runs of the same second apart.
    run               FixedString(16) CODEC(NONE),
    -- 1970 while it has not succeeded.
    finished          DateTime('UTC') CODEC(ZSTD(1)),
    -- What was read: repository and revisions, in the words of whoever ran it.
    source            String CODEC(ZSTD(1)),
    created_by        LowCardinality(String),
    -- The first position that it wrote, and the one after the last.
    first             UInt64 CODEC(ZSTD(1)),
    next              UInt64 CODEC(ZSTD(1)),
    commits           UInt64 CODEC(ZSTD(1)),
    files             UInt64 CODEC(ZSTD(1))
)
ENGINE = ReplacingMergeTree
ORDER BY (repo, started, run)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;
