package schema

import (
	"fmt"
	"regexp"
	"strings"
)

// statements gives the statements of a migration in the form that the database
// wants, without their comments.
func (db Database) statements(migration string) []string {
	var statements []string
	for text := range strings.SplitSeq(migration, ";\n") {
		shard := shardedBy.FindStringSubmatch(text)
		if text = withoutComments(text); text == "" {
			continue
		}
		switch {
		case db.Plain:
			text = plain(text)
		case db.Cluster != "":
			key := ""
			if shard != nil {
				key = shard[1]
			}
			statements = append(statements, db.clustered(text, key)...)
			continue
		}
		statements = append(statements, db.named(text))
	}
	return statements
}

// named puts the database's name in.
func (db Database) named(text string) string {
	return strings.ReplaceAll(text, "{database}", quoteName(db.name()))
}

var shardedBy = regexp.MustCompile(`(?m)^-- sharded by: (.+)$`)

func withoutComments(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if trimmed := strings.TrimSpace(line); trimmed != "" && !strings.HasPrefix(trimmed, "--") {
			kept.WriteString(line)
		}
	}
	return strings.TrimSpace(kept.String())
}

// plain leaves out what servers before 2020 do not know.
func plain(text string) string {
	var kept strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "INDEX ") {
			kept.WriteString(line)
		}
	}
	text = kept.String()
	text = replaceCalls(text, " CODEC(", func(string) string { return "" })
	text = replaceCalls(text, "LowCardinality(", func(inner string) string { return inner })
	text = strings.ReplaceAll(text, deduplication, "")
	text = columnCondition.ReplaceAllString(text, "$1 COLUMN")
	return danglingComma.ReplaceAllString(text, "\n)")
}

// deduplication is the setting that makes a table remember its last blocks.
const deduplication = ", non_replicated_deduplication_window = 1000"

// columnCondition lets a migration that was cut short be repeated.
var columnCondition = regexp.MustCompile(`(ADD|DROP) COLUMN (?:IF NOT EXISTS|IF EXISTS)`)

// danglingComma is left before the end of a list whose last lines went.
var danglingComma = regexp.MustCompile(`,\n\)`)

// replaceCalls replaces every "name(…)", where name ends in the parenthesis, by
// what becomes of its inside.
func replaceCalls(text, name string, replace func(inner string) string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, name)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		end, depth := 0, 1
		for ; end < len(after); end++ {
			switch after[end] {
			case '(':
				depth++
			case ')':
				depth--
			}
			if depth == 0 {
				break
			}
		}
		out.WriteString(replace(after[:end]))
		text = after[min(end+1, len(after)):]
	}
}

func (db Database) onCluster() string {
	if db.Cluster == "" {
		return ""
	}
	return " ON CLUSTER " + quoteName(db.Cluster)
}

const localSuffix = "_local"

var (
	createTable = regexp.MustCompile(`^CREATE TABLE IF NOT EXISTS \{database\}\.(\w+)`)
	createView  = regexp.MustCompile(`^CREATE MATERIALIZED VIEW IF NOT EXISTS \{database\}\.(\w+)`)
	changeTable = regexp.MustCompile(`^(?:ALTER TABLE|DROP TABLE IF EXISTS) \{database\}\.(\w+)`)
	engine      = regexp.MustCompile(`(?m)^ENGINE = (\w*MergeTree)(?:\((.*)\))?$`)
	tableName   = regexp.MustCompile(`((?:TO|FROM) \{database\}\.\w+)`)
)

// clustered makes each table two: one on every server that holds its part, and
// one under the plain name that stands for all parts together. Views fill the
// parts from the parts of the same server.
func (db Database) clustered(text, shardingKey string) []string {
	if m := createView.FindStringSubmatch(text); m != nil {
		text = strings.Replace(text, m[0], m[0]+db.onCluster(), 1)
		return []string{db.named(tableName.ReplaceAllString(text, "${1}"+localSuffix))}
	}
	if m := changeTable.FindStringSubmatch(text); m != nil { // both tables alike, the parts first
		both := make([]string, 0, 2)
		for _, name := range []string{m[0] + localSuffix, m[0]} {
			text := strings.Replace(text, m[0], name+db.onCluster(), 1)
			if strings.HasPrefix(text, "DROP ") {
				text += " SYNC" // or its name would be taken for some minutes more
			}
			both = append(both, db.named(text))
		}
		return both
	}
	m := createTable.FindStringSubmatch(text)
	if m == nil {
		return []string{db.named(text)}
	}
	name := m[1]
	local := strings.Replace(text, m[0], m[0]+localSuffix+db.onCluster(), 1)
	local = engine.ReplaceAllStringFunc(local, func(line string) string {
		kind := engine.FindStringSubmatch(line)
		parameters := fmt.Sprintf("'/clickhouse/tables/{shard}/%s/%s', '{replica}'", db.name(), name)
		if kind[2] != "" {
			parameters += ", " + kind[2]
		}
		return fmt.Sprintf("ENGINE = Replicated%s(%s)", kind[1], parameters)
	})
	// The servers forget blocks after an hour unless told otherwise. A run may
	// be resumed a month later.
	local = strings.ReplaceAll(local, deduplication,
		", replicated_deduplication_window = 1000, replicated_deduplication_window_seconds = 2678400")
	distributed := fmt.Sprintf("%s%s AS %s\nENGINE = Distributed(%s, %s, %s, %s)",
		m[0], db.onCluster(), "{database}."+quoteName(name+localSuffix),
		quoteName(db.Cluster), quoteName(db.name()), quoteName(name+localSuffix), shardingKey)
	return []string{db.named(local), db.named(distributed)}
}
