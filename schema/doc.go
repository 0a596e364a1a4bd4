// Package schema holds the ClickHouse tables that a history is kept in: their
// definitions, how a database is made and brought up to date, and how it is
// reached.
//
//	db, err := schema.ParseDSN("clickhouse://user:password@host:9000/commitflow")
//	err = schema.Create(ctx, db)
//
// The definitions are SQL, in the directory migrations; the directory queries
// holds questions that people ask of a history, see [Questions]. Three forms of
// the same definitions exist: for a current server, for one older than 2020
// ([Database.Plain]), and for a cluster ([Database.Cluster]); CLUSTER.md says
// how a long history is split over several machines.
//
// The tables:
//
//	commits           one row a commit: who, when, message, people, scores, CVEs
//	file_changes      one row a changed file: paths, counts, patch, line ranges
//	commit_tags       one row a tag, with its strength and evidence
//	commit_links      one row a link to another commit, or one that leads nowhere
//	model_scores      what models think of commits
//	author_expertise  who changed which file when; kept by the database
//	releases          which commits are releases, by the repository's tags
//	runs              what was extracted when, from what and by which version
//	schema_version    the migrations that the database has seen
//
// Writing the same rows again leaves each of them once: when a run with a
// checkpoint repeats a block, servers that can do so drop that at once, and
// otherwise the engine of the tables (ReplacingMergeTree) drops the older row when
// it merges. A query that must be exact in the meantime reads FROM … FINAL, as
// those in queries do. A commit that is written again with fewer tags or links
// leaves rows with an empty tag or kind in their place.
package schema
