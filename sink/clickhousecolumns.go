package sink

import (
	"github.com/ClickHouse/ch-go/proto"

	"github.com/commitflow/commitflow/stage"
)

// The structs of this file are the columns of the tables, in the names and
// types of schema/migrations. A column of LowCardinality(String) is sent as
// String: the server makes the dictionary.

// column gives a name to a table's column.
func column(name string, data proto.ColInput) proto.InputColumn {
	return proto.InputColumn{Name: name, Data: data}
}

// strings is a column of Array(String).
type stringLists struct{ *proto.ColArr[string] }

func newStringLists() stringLists { return stringLists{new(proto.ColStr).Array()} }

// uintLists is a column of Array(UInt32).
type uintLists struct{ *proto.ColArr[uint32] }

func newUintLists() uintLists { return uintLists{new(proto.ColUInt32).Array()} }

// byteLists is a column of Array(UInt8), floatLists one of Array(Float32).
type (
	byteLists  struct{ *proto.ColArr[uint8] }
	floatLists struct{ *proto.ColArr[float32] }
)

// add adds an element to the list that endRow ends.
func (l stringLists) add(s string) { l.Data.Append(s) }
func (l uintLists) add(n int)      { l.Data.Append(uint32(n)) }
func (l byteLists) add(set bool)   { l.Data.Append(flag(set)) }
func (l floatLists) add(x float32) { l.Data.Append(x) }

// endRow ends the list of the row at hand.
func endRow[T any](lists ...*proto.ColArr[T]) {
	for _, l := range lists {
		l.Offsets = append(l.Offsets, uint64(l.Data.Rows()))
	}
}

// hashes is a column of FixedString(20).
type hashes struct{ proto.ColFixedStr }

func (h *hashes) add(hash stage.Hash) { h.Append(hash[:]) }

// rowKey is what the rows of a commit have in common.
type rowKey struct {
	repo     proto.ColStr
	position proto.ColUInt64
	hash     hashes
}

func (k *rowKey) init() proto.Input {
	k.hash.Size = len(stage.Hash{})
	return proto.Input{column("repo", &k.repo), column("position", &k.position), column("hash", &k.hash)}
}

func (k *rowKey) append(repo string, key commitKey) {
	k.repo.Append(repo)
	k.position.Append(uint64(key.position))
	k.hash.add(key.hash)
}

// signatureColumns are those of an author or a committer.
type signatureColumns struct {
	name, mail proto.ColStr
	seconds    proto.ColInt64
	zone       proto.ColInt32
}

func (s *signatureColumns) input(prefix string) proto.Input {
	return proto.Input{
		column(prefix+"_name", &s.name), column(prefix+"_mail", &s.mail),
		column(prefix+"_seconds", &s.seconds), column(prefix+"_zone", &s.zone),
	}
}

func (s *signatureColumns) append(v stage.Signature) {
	s.name.Append(v.Name)
	s.mail.Append(v.Mail)
	s.seconds.Append(v.Seconds)
	s.zone.Append(v.Zone)
}

// commitColumns are those of the table commits.
type commitColumns struct {
	input proto.Input

	rowKey
	tree                    hashes
	parents                 *proto.ColArr[[]byte]
	author, committer       signatureColumns
	message, subject        proto.ColStr
	trailerKeys, trailers   stringLists
	encoding                proto.ColStr
	headerKeys, headers     stringLists
	repairedFields, repairs stringLists
	known                   knownColumns
	files, tags, links      proto.ColUInt32
	added, deleted, bytes   proto.ColUInt64
	renameLimitHit          proto.ColUInt8
	subsystems              stringLists
	quality                 proto.ColFloat32
	qualityRules            stringLists
	qualityPoints           *proto.ColArr[float32]
}

func (t *commitColumns) init() {
	t.tree.Size = len(stage.Hash{})
	t.parents = (&proto.ColFixedStr{Size: len(stage.Hash{})}).Array()
	t.qualityPoints = new(proto.ColFloat32).Array()
	for _, lists := range []*stringLists{
		&t.trailerKeys, &t.trailers, &t.headerKeys, &t.headers,
		&t.repairedFields, &t.repairs, &t.subsystems, &t.qualityRules,
	} {
		*lists = newStringLists()
	}
	t.input = append(t.rowKey.init(),
		column("tree", &t.tree), column("parents", t.parents))
	t.input = append(t.input, t.author.input("author")...)
	t.input = append(t.input, t.committer.input("committer")...)
	t.input = append(t.input,
		column("message", &t.message), column("subject", &t.subject),
		column("trailers.key", t.trailerKeys), column("trailers.value", t.trailers),
		column("encoding", &t.encoding),
		column("headers.key", t.headerKeys), column("headers.value", t.headers),
		column("repairs.field", t.repairedFields), column("repairs.what", t.repairs),
		column("files", &t.files), column("tags", &t.tags), column("links", &t.links),
		column("added", &t.added), column("deleted", &t.deleted), column("bytes", &t.bytes),
		column("rename_limit_hit", &t.renameLimitHit), column("subsystems", t.subsystems),
		column("quality", &t.quality),
		column("quality_parts.rule", t.qualityRules), column("quality_parts.points", t.qualityPoints))
	t.input = append(t.input, t.known.init()...)
}

func (t *commitColumns) append(c *stage.Commit, key commitKey) {
	t.rowKey.append(c.Repo, key)
	t.tree.add(c.Tree)
	for _, parent := range c.Parents {
		t.parents.Data.Append(parent[:])
	}
	endRow(t.parents)
	t.author.append(c.Author)
	t.committer.append(c.Committer)
	t.message.Append(c.Message)
	t.subject.Append(c.Subject)
	for _, trailer := range c.Trailers {
		t.trailerKeys.add(trailer.Key)
		t.trailers.add(trailer.Value)
	}
	t.encoding.Append(c.Encoding)
	for _, header := range c.Headers {
		t.headerKeys.add(header.Key)
		t.headers.add(header.Value)
	}
	for _, repair := range c.Repaired {
		t.repairedFields.add(repair.Field)
		t.repairs.add(repair.What)
	}
	added, deleted := 0, 0
	for i := range c.Files {
		added += c.Files[i].Added
		deleted += c.Files[i].Deleted
	}
	t.files.Append(uint32(len(c.Files)))
	t.tags.Append(uint32(len(c.Tags)))
	t.links.Append(uint32(len(c.Links) + len(c.Unresolved)))
	t.added.Append(uint64(added))
	t.deleted.Append(uint64(deleted))
	t.bytes.Append(uint64(weight(c)))
	t.renameLimitHit.Append(flag(c.RenameLimitHit))
	for _, subsystem := range c.Subsystems {
		t.subsystems.add(subsystem)
	}
	t.quality.Append(c.Quality.Score)
	for _, part := range c.Quality.Parts {
		t.qualityRules.add(part.Rule)
		t.qualityPoints.Data.Append(part.Points)
	}
	endRow(t.qualityPoints)
	t.known.append(c)
	endRow(t.trailerKeys.ColArr, t.trailers.ColArr, t.headerKeys.ColArr, t.headers.ColArr,
		t.repairedFields.ColArr, t.repairs.ColArr, t.subsystems.ColArr, t.qualityRules.ColArr)
}

// fileColumns are those of the table file_changes.
type fileColumns struct {
	input proto.Input

	rowKey
	file                       proto.ColUInt32
	authorMail                 proto.ColStr
	authorSeconds              proto.ColInt64
	kind, oldPath, newPath     proto.ColStr
	oldMode, newMode           proto.ColUInt32
	oldID, newID               hashes
	similarity                 proto.ColUInt8
	added, deleted             proto.ColUInt32
	binary, missing, truncated proto.ColUInt8
	license                    proto.ColStr
	patch                      longTexts
	oldStarts, oldLines        uintLists
	newStarts, newLines        uintLists
	before, after              longNullableTexts
}

func (t *fileColumns) init(expected int) {
	t.patch.expected, t.before.texts.expected, t.after.texts.expected = expected, expected, expected
	t.oldID.Size, t.newID.Size = len(stage.Hash{}), len(stage.Hash{})
	for _, lists := range []*uintLists{&t.oldStarts, &t.oldLines, &t.newStarts, &t.newLines} {
		*lists = newUintLists()
	}
	t.input = append(t.rowKey.init(),
		column("file", &t.file),
		column("author_mail", &t.authorMail), column("author_seconds", &t.authorSeconds),
		column("kind", &t.kind), column("old_path", &t.oldPath), column("new_path", &t.newPath),
		column("old_mode", &t.oldMode), column("new_mode", &t.newMode),
		column("old_id", &t.oldID), column("new_id", &t.newID), column("similarity", &t.similarity),
		column("added", &t.added), column("deleted", &t.deleted),
		column("binary", &t.binary), column("missing", &t.missing), column("truncated", &t.truncated),
		column("license", &t.license), column("patch", &t.patch),
		column("hunks.old_start", t.oldStarts), column("hunks.old_lines", t.oldLines),
		column("hunks.new_start", t.newStarts), column("hunks.new_lines", t.newLines),
		column("before", &t.before), column("after", &t.after))
}

func (t *fileColumns) rows() int { return t.file.Rows() }

func (t *fileColumns) append(c *stage.Commit, key commitKey, number int) {
	f := &c.Files[number]
	t.rowKey.append(c.Repo, key)
	t.file.Append(uint32(number))
	t.authorMail.Append(c.Author.Mail)
	t.authorSeconds.Append(c.Author.Seconds)
	t.kind.Append(f.Kind.String())
	t.oldPath.Append(f.OldPath)
	t.newPath.Append(f.NewPath)
	t.oldMode.Append(uint32(f.OldMode))
	t.newMode.Append(uint32(f.NewMode))
	t.oldID.add(f.OldID)
	t.newID.add(f.NewID)
	t.similarity.Append(uint8(f.Similarity))
	t.added.Append(uint32(f.Added))
	t.deleted.Append(uint32(f.Deleted))
	t.binary.Append(flag(f.Binary))
	t.missing.Append(flag(f.Missing))
	t.truncated.Append(flag(f.Truncated))
	t.license.Append(f.License)
	appendText(&t.patch, f.Patch)
	for _, h := range f.Hunks {
		t.oldStarts.add(h.OldStart)
		t.oldLines.add(h.OldLines)
		t.newStarts.add(h.NewStart)
		t.newLines.add(h.NewLines)
	}
	endRow(t.oldStarts.ColArr, t.oldLines.ColArr, t.newStarts.ColArr, t.newLines.ColArr)
	t.before.add(f.Before)
	t.after.add(f.After)
}

// tagColumns are those of the table commit_tags.
type tagColumns struct {
	input proto.Input

	rowKey
	number               proto.ColUInt32
	tag                  proto.ColStr
	strength             proto.ColUInt8
	confidence           proto.ColFloat32
	rules, fields, texts stringLists
}

func (t *tagColumns) init() {
	t.rules, t.fields, t.texts = newStringLists(), newStringLists(), newStringLists()
	t.input = append(t.rowKey.init(),
		column("number", &t.number), column("tag", &t.tag),
		column("strength", &t.strength), column("confidence", &t.confidence),
		column("evidence.rule", t.rules), column("evidence.field", t.fields), column("evidence.text", t.texts))
}

// append adds a row for each tag.
func (t *tagColumns) append(c *stage.Commit, key commitKey) {
	for number, tag := range c.Tags {
		t.appendRow(c.Repo, key, number, tag)
	}
}

func (t *tagColumns) appendRow(repo string, key commitKey, number int, tag stage.Tag) {
	t.rowKey.append(repo, key)
	t.number.Append(uint32(number))
	t.tag.Append(tag.Name)
	t.strength.Append(uint8(tag.Strength))
	t.confidence.Append(tag.Confidence)
	for _, e := range tag.Evidence {
		t.rules.add(e.Rule)
		t.fields.add(e.Field)
		t.texts.add(e.Text)
	}
	endRow(t.rules.ColArr, t.fields.ColArr, t.texts.ColArr)
}

// linkColumns are those of the table commit_links.
type linkColumns struct {
	input proto.Input

	rowKey
	number                            proto.ColUInt32
	kind, basis, confidence           proto.ColStr
	linked                            hashes
	subjectDiffers, partial           proto.ColUInt8
	days                              proto.ColInt32
	releases                          proto.ColUInt32
	reason, statedHash, statedSubject proto.ColStr
}

func (t *linkColumns) init() {
	t.linked.Size = len(stage.Hash{})
	t.input = append(t.rowKey.init(),
		column("number", &t.number), column("kind", &t.kind), column("linked", &t.linked), column("basis", &t.basis),
		column("confidence", &t.confidence), column("subject_differs", &t.subjectDiffers), column("partial", &t.partial),
		column("days", &t.days), column("releases", &t.releases),
		column("reason", &t.reason), column("stated_hash", &t.statedHash), column("stated_subject", &t.statedSubject))
}

// append adds a row for each link, and then for each unresolved reference.
func (t *linkColumns) append(c *stage.Commit, key commitKey) {
	for number, link := range c.Links {
		t.appendRow(c.Repo, key, number, link, stage.Reference{})
	}
	for i, reference := range c.Unresolved {
		t.appendRow(c.Repo, key, len(c.Links)+i, stage.Link{Kind: reference.Kind, Partial: reference.Partial}, reference)
	}
}

func (t *linkColumns) appendRow(repo string, key commitKey, number int, link stage.Link, unresolved stage.Reference) {
	t.rowKey.append(repo, key)
	t.number.Append(uint32(number))
	t.kind.Append(string(link.Kind))
	t.linked.add(link.Commit)
	t.basis.Append(string(link.Basis))
	t.subjectDiffers.Append(flag(link.SubjectDiffers))
	t.partial.Append(flag(link.Partial))
	t.confidence.Append(string(link.Confidence))
	t.days.Append(int32(link.Days))
	t.releases.Append(uint32(link.Releases))
	t.reason.Append(unresolved.Reason)
	t.statedHash.Append(unresolved.Hex)
	t.statedSubject.Append(unresolved.Subject)
}

// flag is a truth value as the tables have it.
func flag(set bool) uint8 {
	if set {
		return 1
	}
	return 0
}
