-- What is known of commits besides their contents: people, vulnerabilities, the
-- state of reverted ones, patch-ids. Rows that are there already get zeros and empty
-- texts; write the commits again to fill them in.
--
-- What a commit has several of stands in lists in its own row, as trailers do: that
-- row is read anyway, and is replaced as a whole. For u-boot all of it takes 4.1 MB
-- in commits, 38 bytes a commit: 2.0 the patch-ids, 1.5 experience and expertise,
-- 0.6 the people, and next to nothing the rest; the list of CVEs was not at hand.
-- With it the history is 260.8 MB, 2,438 bytes a commit: commits 31.6 MB,
-- commit_tags 2.3, the other tables as they were. From TestSizes, as before.

-- Not needed since blocks are named by their run.
ALTER TABLE {database}.commits
    DROP COLUMN IF EXISTS batch;

ALTER TABLE {database}.commits
    -- 1 for a trailer that stands outside the last paragraph.
    ADD COLUMN IF NOT EXISTS `trailers.loose` Array(UInt8) CODEC(ZSTD(1)) AFTER `trailers.value`,
    -- The mailmap's view of author and committer, and of those who have reviewed,
    -- acknowledged or tested the commit: few people write many commits, so
    -- dictionaries hold them.
    ADD COLUMN IF NOT EXISTS mapped_author_name LowCardinality(String) AFTER committer_zone,
    ADD COLUMN IF NOT EXISTS mapped_author_mail LowCardinality(String) AFTER mapped_author_name,
    ADD COLUMN IF NOT EXISTS mapped_committer_name LowCardinality(String) AFTER mapped_author_mail,
    ADD COLUMN IF NOT EXISTS mapped_committer_mail LowCardinality(String) AFTER mapped_committer_name,
    ADD COLUMN IF NOT EXISTS `reviewers.name` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `reviewers.mail` Array(LowCardinality(String)),
    -- The rule by which the author is a program; empty for people.
    ADD COLUMN IF NOT EXISTS bot LowCardinality(String),
    -- What Assisted-by trailers say; tools are separated by blanks.
    ADD COLUMN IF NOT EXISTS `assistance.agent` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `assistance.model` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `assistance.tools` Array(LowCardinality(String)),
    -- What the author had done before.
    ADD COLUMN IF NOT EXISTS author_commits UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS author_years Float32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS author_subsystems UInt32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS author_reviews UInt32 CODEC(ZSTD(1)),
    -- Sections of MAINTAINERS that the author was a maintainer of.
    ADD COLUMN IF NOT EXISTS maintains Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS expertise Float32 CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `expertise_parts.rule` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `expertise_parts.points` Array(Float32) CODEC(ZSTD(1)),
    -- As git patch-id --stable gives it; zeros without a patch, and in all rows where
    -- the pipeline makes none: those are what ZSTD is for.
    ADD COLUMN IF NOT EXISTS patch_id FixedString(20) CODEC(ZSTD(1)),
    -- in-effect, reverted or reapplied, by the end of the history.
    ADD COLUMN IF NOT EXISTS state LowCardinality(String) DEFAULT 'in-effect',
    -- The length of the longest chain of fixes that ends here.
    ADD COLUMN IF NOT EXISTS fix_depth UInt32 CODEC(ZSTD(1)),
    -- Requests to the stable trees; versions are separated by blanks.
    ADD COLUMN IF NOT EXISTS `stable.versions` Array(String) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `stable.no_autosel` Array(UInt8) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `stable.note` Array(String) CODEC(ZSTD(3)),
    -- Vulnerabilities that the commit fixes or introduced (role: fix, introduces),
    -- with the CVSS base score, 0 where unknown.
    ADD COLUMN IF NOT EXISTS `cves.id` Array(String) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `cves.role` Array(LowCardinality(String)),
    ADD COLUMN IF NOT EXISTS `cves.score` Array(Float32) CODEC(ZSTD(1)),
    ADD COLUMN IF NOT EXISTS `cves.vector` Array(LowCardinality(String));

ALTER TABLE {database}.commit_tags
    -- Who vouches for the tag: 0 keyword, 1 stable, 2 syzbot, 3 cve. A number, so
    -- that it can be compared.
    ADD COLUMN IF NOT EXISTS strength UInt8 CODEC(ZSTD(1)) AFTER tag,
    -- The measured precision of the rule, 0 to 1; 0 where it was not measured.
    ADD COLUMN IF NOT EXISTS confidence Float32 CODEC(ZSTD(1)) AFTER strength;

ALTER TABLE {database}.commit_links
    -- high, medium or low.
    ADD COLUMN IF NOT EXISTS confidence LowCardinality(String) AFTER basis,
    -- How long a bug lived: of fixes and fixed-by links.
    ADD COLUMN IF NOT EXISTS days Int32 CODEC(ZSTD(1)) AFTER partial,
    ADD COLUMN IF NOT EXISTS releases UInt32 CODEC(ZSTD(1)) AFTER days;

-- The releases of a history, by its tags: the lifetimes of bugs are counted in them.
-- A tag that was moved is replaced; one that the repository has no more stays.
-- sharded by: cityHash64(repo)
CREATE TABLE IF NOT EXISTS {database}.releases
(
    repo              LowCardinality(String),
    name              String CODEC(ZSTD(1)),
    -- Of a commit that may lie outside of what was extracted.
    hash              FixedString(20) CODEC(NONE)
)
ENGINE = ReplacingMergeTree
ORDER BY (repo, name)
SETTINGS index_granularity = 8192, non_replicated_deduplication_window = 1000;

-- Scores had no rubric, and nothing wrote them.
DROP TABLE IF EXISTS {database}.model_scores;

-- What models think of commits, by the criteria of a rubric. A model that judges
-- a commit again by the same rubric replaces what it thought before.
-- sharded by: cityHash64(repo, hash)
CREATE TABLE IF NOT EXISTS {database}.model_scores
(
    repo              LowCardinality(String),
    model             LowCardinality(String),
    -- The rubric's name, version and the beginning of its hash.
    rubric            LowCardinality(String),
    hash              FixedString(20) CODEC(NONE),
    -- The overall score, 1 to 5, and why; 0 where "failure" says why there is
    -- none, and "answer" what the model had said.
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
