package stage

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// People tells who stands behind a commit: it sets MappedAuthor and
// MappedCommitter, the mailmap's view of who is written in the commit;
// Reviewers, who vouch for it in its trailers; Bot, where a program has made
// the commit; and Assistance, what programs have helped.
//
// Without Mailmaps people are as they are written. With several workers Process
// may be called concurrently, after Open; a People must not be copied after
// Open.
type People struct {
	// Mailmaps gives the mailmap, usually the source of the pipeline. It is read
	// once, in Open: one view of everybody for the whole history, also when a
	// run with a checkpoint goes on.
	Mailmaps MailmapSource

	mailmap *Mailmap
	bots    knownBots
}

var (
	_ Opener                      = (*People)(nil)
	_ Processor[*Commit, *Commit] = (*People)(nil)
)

// Open reads the mailmap.
func (p *People) Open(ctx context.Context) (err error) {
	if p.Mailmaps == nil {
		return nil
	}
	if p.mailmap, err = p.Mailmaps.Mailmap(ctx); err != nil {
		return fmt.Errorf("People: mailmap: %w", err)
	}
	return nil
}

// Process sets what the message and the headers tell of people.
func (p *People) Process(_ context.Context, c *Commit, emit func(*Commit)) error {
	c.MappedAuthor = p.mailmap.Map(c.Author.Person())
	c.MappedCommitter = p.mailmap.Map(c.Committer.Person())
	c.Bot = p.bots.rule(c.Author.Person())
	if c.Bot == "" && c.MappedAuthor != c.Author.Person() {
		c.Bot = p.bots.rule(c.MappedAuthor)
	}
	c.Reviewers, c.Assistance = nil, nil
	for i := range c.Trailers {
		t := &c.Trailers[i]
		switch {
		case t.Is("Assisted-by"):
			if help, ok := parseAssistance(t.Value); ok {
				c.Assistance = append(c.Assistance, help)
			}
		case t.vouches():
			reviewer := p.mailmap.Map(parsePerson(t.Value))
			if !reviewer.IsZero() && !slices.Contains(c.Reviewers, reviewer) {
				c.Reviewers = append(c.Reviewers, reviewer)
			}
		}
	}
	emit(c)
	return nil
}

// Person gives the name and the mail.
func (s Signature) Person() Person { return Person{Name: s.Name, Mail: s.Mail} }

// vouches reports whether a trailer says that somebody has looked at a commit or
// tried it.
func (t Trailer) vouches() bool {
	return t.Tells("Reviewed") || t.Tells("Acked") || t.Tells("Tested")
}

// Tells reports whether a trailer says that somebody did a deed: "<deed>-by", in
// any case, alone or together with other deeds. Reviewed-and-tested-by tells of
// "Reviewed" and of "Tested".
func (t Trailer) Tells(deed string) bool {
	const by, and = "-by", "-and-"
	cut := len(t.Key) - len(by)
	if cut < len(deed) || !equalFoldASCII(t.Key[cut:], by) {
		return false
	}
	if cut < len(deed)+len(and) { // no room for another deed
		return equalFoldASCII(t.Key[:cut], deed)
	}
	for deeds, more := t.Key[:cut], true; more; {
		var one string
		one, deeds, more = strings.Cut(deeds, and)
		if equalFoldASCII(one, deed) {
			return true
		}
	}
	return false
}

// parsePerson reads the person of a trailer: "Name <mail> # area", "Name", or
// a mail address alone.
func parsePerson(value string) Person {
	name, rest, ok := strings.Cut(value, "<")
	if ok {
		mail, _, _ := strings.Cut(rest, ">")
		return Person{Name: strings.Trim(name, " \t\""), Mail: strings.TrimSpace(mail)}
	}
	name, _, _ = strings.Cut(name, "#")
	name = strings.TrimSpace(name)
	if strings.IndexByte(name, '@') >= 0 && strings.IndexByte(name, ' ') < 0 {
		return Person{Mail: name}
	}
	return Person{Name: name}
}
