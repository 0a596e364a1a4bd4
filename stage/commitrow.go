package stage

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// RepairUTF8 replaces each run of bytes that are not UTF-8 in the commit's
// texts by one U+FFFD, notes that in Repaired if there were any, and reports
// it. Patches and paths hold such bytes; the texts of the commit object have
// been read by their encoding before. The slices of c are copied before they
// are changed, so that another copy of c stays as it is.
//
// It makes a commit a row that tells what its sink had to do to it.
func (c *Commit) RepairUTF8() bool {
	repaired := false
	repair := func(texts ...*string) {
		for _, text := range texts {
			if !utf8.ValidString(*text) {
				*text = strings.ToValidUTF8(*text, "\uFFFD")
				repaired = true
			}
		}
	}
	repair(&c.Repo, &c.Author.Name, &c.Author.Mail, &c.Committer.Name, &c.Committer.Mail)
	repair(&c.MappedAuthor.Name, &c.MappedAuthor.Mail, &c.MappedCommitter.Name, &c.MappedCommitter.Mail, &c.Bot)
	for r := range eachCopied(&c.Reviewers) {
		repair(&r.Name, &r.Mail)
	}
	for a := range eachCopied(&c.Assistance) {
		repair(&a.Agent, &a.Model)
		for tool := range eachCopied(&a.Tools) {
			repair(tool)
		}
	}
	repair(&c.Message, &c.Subject, &c.Body, &c.Encoding)
	for t := range eachCopied(&c.Trailers) {
		repair(&t.Key, &t.Value)
	}
	for r := range eachCopied(&c.Repaired) {
		repair(&r.Field, &r.What)
	}
	for h := range eachCopied(&c.Headers) {
		repair(&h.Key, &h.Value)
	}
	for f := range eachCopied(&c.Files) {
		repair(&f.OldPath, &f.NewPath, &f.Patch, &f.License)
		for h := range eachCopied(&f.Hunks) {
			repair(&h.Heading, &h.Text)
		}
	}
	for s := range eachCopied(&c.Subsystems) {
		repair(s)
	}
	for s := range eachCopied(&c.Maintains) {
		repair(s)
	}
	for p := range eachCopied(&c.Quality.Parts) {
		repair(&p.Rule)
	}
	for p := range eachCopied(&c.Expertise.Parts) {
		repair(&p.Rule)
	}
	for s := range eachCopied(&c.ModelScores) {
		repair(&s.Model, &s.Rubric, &s.Reason, &s.Failure)
		for v := range eachCopied(&s.Criteria) {
			repair(&v.Criterion, &v.Reason)
		}
	}
	for t := range eachCopied(&c.Tags) {
		repair(&t.Name)
		for e := range eachCopied(&t.Evidence) {
			repair(&e.Rule, &e.Field, &e.Text)
		}
	}
	for u := range eachCopied(&c.Unresolved) {
		repair(&u.Hex, &u.Subject, &u.Reason)
	}
	for r := range eachCopied(&c.Stable) {
		repair(&r.Note)
		for v := range eachCopied(&r.Versions) {
			repair(v)
		}
	}
	for v := range eachCopied(&c.CVEs) {
		repair(&v.ID, &v.Vector)
	}
	if repaired {
		c.Repaired = append(c.Repaired, Repair{Field: "row", What: "not UTF-8: replaced by U+FFFD"})
	}
	return repaired
}

// eachCopied gives the elements of a copy of the list, which it puts in the
// list's place.
func eachCopied[T any](list *[]T) func(yield func(*T) bool) {
	*list = slices.Clone(*list)
	return func(yield func(*T) bool) {
		for i := range *list {
			if !yield(&(*list)[i]) {
				return
			}
		}
	}
}
