package stage

import (
	"context"
	"strings"
)

// Person is a name and a mail address.
type Person struct {
	Name string `json:"name"`
	Mail string `json:"mail"`
}

// IsZero reports whether nothing is known of the person.
func (p Person) IsZero() bool { return p == Person{} }

// Mailmap tells under which name and mail people want to be known, whatever
// their commits say: a project's .mailmap, by the rules of gitmailmap(5). The
// zero Mailmap changes nothing. It is built by [Mailmap.Add] and may then be
// used concurrently.
type Mailmap struct {
	entries map[string]*mailmapEntry // by the commits' mail, in lower case
}

// mailmapEntry is what a mail address in commits stands for.
type mailmapEntry struct {
	Person // an empty field leaves the commit's as it is
	// named holds the entries for one name in commits only, by it in lower case.
	named map[string]*Person
}

// MailmapSource gives the mailmap of a history. A source.Git is one.
type MailmapSource interface {
	Mailmap(ctx context.Context) (*Mailmap, error)
}

// ParseMailmap reads the text of a .mailmap. There is no wrong text: git passes
// over lines that it cannot read, and so does this.
func ParseMailmap(text string) *Mailmap {
	m := &Mailmap{}
	m.Add(text)
	return m
}

// Add reads the text of a further file, whose lines outrank those before them.
// It takes time and memory linear in the text.
func (m *Mailmap) Add(text string) {
	for line := range strings.Lines(text) {
		if line[0] == '#' {
			continue
		}
		first, rest, ok := cutPerson(line)
		if !ok || first.Mail == "" {
			continue
		}
		second, _, two := cutPerson(rest)
		if two {
			m.set(second, first)
		} else {
			m.set(Person{Mail: first.Mail}, Person{Name: first.Name})
		}
	}
}

// cutPerson reads "Name <mail>", and gives what is behind it.
func cutPerson(text string) (p Person, rest string, ok bool) {
	name, rest, ok := strings.Cut(text, "<")
	if !ok {
		return p, "", false
	}
	mail, rest, ok := strings.Cut(rest, ">")
	if !ok {
		return p, "", false
	}
	return Person{Name: strings.Trim(name, gitSpace), Mail: mail}, rest, true
}

// set makes what is written in commits stand for a person.
func (m *Mailmap) set(written, proper Person) {
	key := lowerASCII(written.Mail)
	entry := m.entries[key]
	if entry == nil {
		if m.entries == nil {
			m.entries = map[string]*mailmapEntry{}
		}
		entry = &mailmapEntry{}
		m.entries[key] = entry
	}
	target := &entry.Person
	if written.Name != "" {
		name := lowerASCII(written.Name)
		if target = entry.named[name]; target == nil {
			if entry.named == nil {
				entry.named = map[string]*Person{}
			}
			target = &Person{}
			entry.named[name] = target
		}
	}
	if proper.Name != "" {
		target.Name = strings.Clone(proper.Name)
	}
	if proper.Mail != "" {
		target.Mail = strings.Clone(proper.Mail)
	}
}

// Len is the number of mail addresses that stand for something.
func (m *Mailmap) Len() int {
	if m == nil {
		return 0
	}
	return len(m.entries)
}

// Map gives the proper name and mail of a person who is written so in a commit,
// as `git check-mailmap` does. It allocates nothing, but for mails and names of
// uncommon length. A nil Mailmap changes nothing.
func (m *Mailmap) Map(written Person) Person {
	if m == nil || len(m.entries) == 0 {
		return written
	}
	var lower [commonLength]byte
	entry := m.entries[string(appendLowerASCII(lower[:0], written.Mail))]
	if entry == nil {
		return written
	}
	proper := &entry.Person
	if len(entry.named) > 0 {
		if named := entry.named[string(appendLowerASCII(lower[:0], written.Name))]; named != nil {
			proper = named
		}
	}
	if proper.Name != "" {
		written.Name = proper.Name
	}
	if proper.Mail != "" {
		written.Mail = proper.Mail
	}
	return written
}

// commonLength is longer than nearly all names and mails.
const commonLength = 96

// appendLowerASCII appends a text with the letters of ASCII made small, which is
// all that git does where it compares names and mails.
func appendLowerASCII(dst []byte, text string) []byte {
	for i := range len(text) {
		c := text[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	return dst
}

// lowerASCII gives a text with the letters of ASCII made small.
func lowerASCII(text string) string {
	var lower [commonLength]byte
	return string(appendLowerASCII(lower[:0], text))
}
