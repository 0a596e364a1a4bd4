package source

import (
	"fmt"

	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/stage"
)

// The structs of this file are the columns of the tables, as sink.ClickHouse
// writes them. CAST undoes the LowCardinality of a column, where it has that.

// stringLists is a column of Array(String).
type stringLists struct{ *proto.ColArr[string] }

// hashes is a column of FixedString(20).
type hashes struct{ proto.ColFixedStr }

func (h *hashes) at(row int) stage.Hash { return stage.Hash(h.Row(row)) }

func hashColumn() hashes { return hashes{proto.ColFixedStr{Size: len(stage.Hash{})}} }

func plainField(name string, data proto.ColResult) field { return field{name, data} }

func textField(name string, data *proto.ColStr) field {
	return field{"CAST(" + name + " AS String)", data}
}

// listField makes the column, too.
func listField(name string, lists *stringLists) field {
	lists.ColArr = new(proto.ColStr).Array()
	return field{"CAST(`" + name + "` AS Array(String))", lists.ColArr}
}

func uintListField(name string, lists **proto.ColArr[uint32]) field {
	*lists = new(proto.ColUInt32).Array()
	return field{"`" + name + "`", *lists}
}

// span gives the elements of a row's list as indexes into the column's data.
func span[T any](lists *proto.ColArr[T], row int) (from, to int) {
	if row > 0 {
		from = int(lists.Offsets[row-1])
	}
	return from, int(lists.Offsets[row])
}

// rowPlace is what all tables have: the commit's position, and the number of
// the row among those of its commit (of which commits has one each).
type rowPlace struct {
	position proto.ColUInt64
	number   proto.ColUInt32
}

func (p *rowPlace) rows() int                         { return len(p.position) }
func (p *rowPlace) positionOf(row int) stage.Position { return stage.Position(p.position[row]) }
func (p *rowPlace) numberOf(row int) int              { return int(p.number[row]) }

// signatureColumns are those of an author or a committer.
type signatureColumns struct {
	name, mail proto.ColStr
	seconds    proto.ColInt64
	zone       proto.ColInt32
}

func (s *signatureColumns) fields(prefix string) []field {
	return []field{
		textField(prefix+"_name", &s.name), textField(prefix+"_mail", &s.mail),
		plainField(prefix+"_seconds", &s.seconds), plainField(prefix+"_zone", &s.zone),
	}
}

func (s *signatureColumns) at(row int) stage.Signature {
	return stage.Signature{Name: s.name.Row(row), Mail: s.mail.Row(row), Seconds: s.seconds[row], Zone: s.zone[row]}
}

// commitColumns are those of the table commits.
type commitColumns struct {
	rowPlace
	hash, tree              hashes
	parents                 *proto.ColArr[[]byte]
	author, committer       signatureColumns
	message, encoding       proto.ColStr
	headerKeys, headers     stringLists
	repairedFields, repairs stringLists
	known                   knownColumns
	files, tags, links      proto.ColUInt32
	renameLimitHit          proto.ColUInt8
	subsystems              stringLists
	quality                 proto.ColFloat32
	qualityRules            stringLists
	qualityPoints           *proto.ColArr[float32]

	selected []field
	// counted is how many rows the commits read so far have in other tables.
	counted []rowCounts
}

type rowCounts struct{ files, tags, links int }

// prepare makes the columns ready for a window.
func (t *commitColumns) prepare() {
	if t.selected != nil {
		return
	}
	t.hash, t.tree = hashColumn(), hashColumn()
	t.parents = (&proto.ColFixedStr{Size: len(stage.Hash{})}).Array()
	t.qualityPoints = new(proto.ColFloat32).Array()
	t.selected = append(t.selected,
		plainField("position", &t.position), plainField("hash", &t.hash), plainField("tree", &t.tree), plainField("parents", t.parents))
	t.selected = append(t.selected, t.author.fields("author")...)
	t.selected = append(t.selected, t.committer.fields("committer")...)
	t.selected = append(t.selected,
		plainField("message", &t.message), textField("encoding", &t.encoding),
		listField("headers.key", &t.headerKeys), listField("headers.value", &t.headers),
		listField("repairs.field", &t.repairedFields), listField("repairs.what", &t.repairs),
		plainField("files", &t.files), plainField("tags", &t.tags), plainField("links", &t.links),
		plainField("rename_limit_hit", &t.renameLimitHit), listField("subsystems", &t.subsystems),
		plainField("quality", &t.quality),
		listField("quality_parts.rule", &t.qualityRules), plainField("`quality_parts.points`", t.qualityPoints))
	t.selected = append(t.selected, t.known.fields()...)
}

func (t *commitColumns) fields() []field { return t.selected }

func (t *commitColumns) addTo(c *stage.Commit, row int) error {
	c.Hash, c.Tree = t.hash.at(row), t.tree.at(row)
	for from, to := span(t.parents, row); from < to; from++ {
		c.Parents = append(c.Parents, stage.Hash(t.parents.Data.Row(from)))
	}
	c.Author, c.Committer = t.author.at(row), t.committer.at(row)
	c.SetMessage(t.message.Row(row)) // subject, body and trailers follow from it
	c.Encoding = t.encoding.Row(row)
	for from, to := span(t.headers.ColArr, row); from < to; from++ {
		c.Headers = append(c.Headers, stage.Header{Key: t.headerKeys.Data.Row(from), Value: t.headers.Data.Row(from)})
	}
	for from, to := span(t.repairs.ColArr, row); from < to; from++ {
		c.Repaired = append(c.Repaired, stage.Repair{Field: t.repairedFields.Data.Row(from), What: t.repairs.Data.Row(from)})
	}
	c.RenameLimitHit = t.renameLimitHit[row] != 0
	c.Subsystems = t.subsystems.Row(row)
	c.Quality.Score = t.quality[row]
	for from, to := span(t.qualityPoints, row); from < to; from++ {
		c.Quality.Parts = append(c.Quality.Parts, stage.ScorePart{Rule: t.qualityRules.Data.Row(from), Points: t.qualityPoints.Data.Row(from)})
	}
	if err := t.known.addTo(c, row); err != nil {
		return fmt.Errorf("clickhouse: commit %s: %w", c.Hash, err)
	}
	counts := rowCounts{files: int(t.files[row]), tags: int(t.tags[row]), links: int(t.links[row])}
	t.counted = append(t.counted, counts)
	c.Files = make([]stage.FileChange, 0, counts.files)
	return nil
}

// fileColumns are those of the table file_changes.
type fileColumns struct {
	rowPlace
	kind, oldPath, newPath     proto.ColStr
	oldMode, newMode           proto.ColUInt32
	oldID, newID               hashes
	similarity                 proto.ColUInt8
	added, deleted             proto.ColUInt32
	binary, missing, truncated proto.ColUInt8
	license, patch             proto.ColStr
	oldStarts, oldLines        *proto.ColArr[uint32]
	newStarts, newLines        *proto.ColArr[uint32]
	before, after              *proto.ColNullable[string]

	selected []field
}

// prepare makes the columns ready for a window.
func (t *fileColumns) prepare(contents bool) {
	if t.selected != nil {
		return
	}
	t.oldID, t.newID = hashColumn(), hashColumn()
	t.selected = []field{
		plainField("position", &t.position), plainField("file", &t.number),
		textField("kind", &t.kind), plainField("old_path", &t.oldPath), plainField("new_path", &t.newPath),
		plainField("old_mode", &t.oldMode), plainField("new_mode", &t.newMode),
		plainField("old_id", &t.oldID), plainField("new_id", &t.newID), plainField("similarity", &t.similarity),
		plainField("added", &t.added), plainField("deleted", &t.deleted),
		plainField("binary", &t.binary), plainField("missing", &t.missing), plainField("truncated", &t.truncated),
		textField("license", &t.license), plainField("patch", &t.patch),
		uintListField("hunks.old_start", &t.oldStarts), uintListField("hunks.old_lines", &t.oldLines),
		uintListField("hunks.new_start", &t.newStarts), uintListField("hunks.new_lines", &t.newLines),
	}
	if contents {
		t.before, t.after = new(proto.ColStr).Nullable(), new(proto.ColStr).Nullable()
		t.selected = append(t.selected, plainField("before", t.before), plainField("after", t.after))
	}
}

func (t *fileColumns) fields() []field { return t.selected }

func (t *fileColumns) addTo(c *stage.Commit, row int) error {
	f := stage.FileChange{
		OldPath: t.oldPath.Row(row), NewPath: t.newPath.Row(row),
		OldMode: stage.FileMode(t.oldMode[row]), NewMode: stage.FileMode(t.newMode[row]),
		OldID: t.oldID.at(row), NewID: t.newID.at(row),
		Similarity: int(t.similarity[row]),
		Added:      int(t.added[row]), Deleted: int(t.deleted[row]),
		Binary: t.binary[row] != 0, Missing: t.missing[row] != 0, Truncated: t.truncated[row] != 0,
		License: t.license.Row(row), Patch: t.patch.Row(row),
	}
	if kind := t.kind.RowBytes(row); len(kind) > 0 {
		f.Kind = stage.ChangeKind(kind[0])
	}
	if err := t.setHunks(&f, row); err != nil {
		return fmt.Errorf("clickhouse: commit %s, file %q: %w", c.Hash, f.Path(), err)
	}
	if t.before != nil {
		f.Before, f.After = content(t.before.Row(row)), content(t.after.Row(row))
	}
	c.Files = append(c.Files, f)
	return nil
}

// setHunks finds the hunks in the patch: the database has their line ranges
// only, as they would double its size.
func (t *fileColumns) setHunks(f *stage.FileChange, row int) error {
	from, to := span(t.oldStarts, row)
	if from == to {
		return nil
	}
	parsed, err := stage.ParsePatch(f.Patch)
	if err != nil {
		return fmt.Errorf("its patch: %w", err)
	}
	if len(parsed) != 1 || len(parsed[0].Hunks) != to-from {
		return fmt.Errorf("its patch has not the %d hunks that its row tells of", to-from)
	}
	f.Hunks = parsed[0].Hunks
	for i, h := range f.Hunks {
		stored := stage.Hunk{
			OldStart: int(t.oldStarts.Data.Row(from + i)), OldLines: int(t.oldLines.Data.Row(from + i)),
			NewStart: int(t.newStarts.Data.Row(from + i)), NewLines: int(t.newLines.Data.Row(from + i)),
			Heading: h.Heading, Text: h.Text,
		}
		if h != stored {
			return fmt.Errorf("hunk %d of its patch has not the lines that its row tells of", i+1)
		}
	}
	return nil
}

// content is nil where no content was loaded, and else is not.
func content(text proto.Nullable[string]) []byte {
	if !text.Set {
		return nil
	}
	return append([]byte{}, text.Value...)
}

// tagColumns are those of the table commit_tags.
type tagColumns struct {
	rowPlace
	tag                   proto.ColStr
	strength              proto.ColUInt8
	confidence            proto.ColFloat32
	rules, sources, texts stringLists

	selected []field
}

func (t *tagColumns) prepare() {
	if t.selected != nil {
		return
	}
	t.selected = []field{
		plainField("position", &t.position), plainField("number", &t.number), textField("tag", &t.tag),
		plainField("strength", &t.strength), plainField("confidence", &t.confidence),
		listField("evidence.rule", &t.rules), listField("evidence.field", &t.sources), listField("evidence.text", &t.texts),
	}
}

func (t *tagColumns) fields() []field { return t.selected }

func (t *tagColumns) addTo(c *stage.Commit, row int) error {
	tag := stage.Tag{Name: t.tag.Row(row), Strength: stage.Strength(t.strength[row]), Confidence: t.confidence[row]}
	for from, to := span(t.rules.ColArr, row); from < to; from++ {
		tag.Evidence = append(tag.Evidence, stage.Evidence{
			Rule: t.rules.Data.Row(from), Field: t.sources.Data.Row(from), Text: t.texts.Data.Row(from),
		})
	}
	c.Tags = append(c.Tags, tag)
	return nil
}

// linkColumns are those of the table commit_links.
type linkColumns struct {
	rowPlace
	kind, basis, confidence           proto.ColStr
	linked                            hashes
	subjectDiffers, partial           proto.ColUInt8
	days                              proto.ColInt32
	releases                          proto.ColUInt32
	reason, statedHash, statedSubject proto.ColStr

	selected []field
}

func (t *linkColumns) prepare() {
	if t.selected != nil {
		return
	}
	t.linked = hashColumn()
	t.selected = []field{
		plainField("position", &t.position), plainField("number", &t.number), textField("kind", &t.kind),
		plainField("linked", &t.linked), textField("basis", &t.basis), textField("confidence", &t.confidence),
		plainField("days", &t.days), plainField("releases", &t.releases),
		plainField("subject_differs", &t.subjectDiffers), plainField("partial", &t.partial),
		textField("reason", &t.reason), plainField("stated_hash", &t.statedHash), plainField("stated_subject", &t.statedSubject),
	}
}

func (t *linkColumns) fields() []field { return t.selected }

func (t *linkColumns) addTo(c *stage.Commit, row int) error {
	kind, linked, partial := stage.LinkKind(t.kind.Row(row)), t.linked.at(row), t.partial[row] != 0
	if !linked.IsZero() {
		c.Links = append(c.Links, stage.Link{
			Kind: kind, Commit: linked, Basis: stage.LinkBasis(t.basis.Row(row)),
			Confidence: stage.LinkConfidence(t.confidence.Row(row)), Days: int(t.days[row]), Releases: int(t.releases[row]),
			SubjectDiffers: t.subjectDiffers[row] != 0, Partial: partial,
		})
		return nil
	}
	c.Unresolved = append(c.Unresolved, stage.Reference{
		Kind: kind, Hex: t.statedHash.Row(row), Subject: t.statedSubject.Row(row),
		Partial: partial, Reason: t.reason.Row(row),
	})
	return nil
}
