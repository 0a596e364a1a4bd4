package synthetic

import (
	"fmt"
	"strconv"
)

// line is a line of text in four bytes: what kind of line it is, and a number
// that its words follow from. So the contents of a whole kernel tree fit into
// memory, and an edit is an operation on a short slice.
type line uint32

const payloadBits = 27

type lineKind uint8

const (
	blank lineKind = iota
	license
	credit
	comment
	include
	define
	structOpen
	field
	structClose
	function
	open
	declaration
	statement
	ifOpen
	nested
	ifClose
	label
	giveBack
	closing
	object     // of a Makefile
	config     // of a Kconfig
	configType // "
	help       // "
	helpText   // "
	heading    // of a document
	underline  // "
	prose      // "
	section    // of MAINTAINERS
	mail       // "
	pattern    // "
	command    // of a script
	chunk      // 64 bytes of a binary
)

func newLine(r *random, kind lineKind) line {
	return line(kind)<<payloadBits | line(r.next()&(1<<payloadBits-1))
}

func (l line) kind() lineKind { return lineKind(l >> payloadBits) }

// editable tells whether the line can be changed, doubled and removed without
// breaking the form of the text around it.
func (l line) editable() bool {
	switch l.kind() {
	case comment, include, define, field, declaration, statement, nested, object, helpText, prose, mail, pattern, command, chunk:
		return true
	}
	return false
}

var nouns = []string{
	"dev", "port", "queue", "ring", "buf", "page", "inode", "clk", "irq", "dma", "phy", "reg", "ctx", "req", "skb", "map",
	"node", "table", "entry", "group", "lock", "timer", "task", "event", "state", "info", "data", "desc", "chan", "link", "bus", "hub",
	"fifo", "cache", "block", "extent", "journal", "route", "flow", "filter", "sensor", "regulator", "gpio", "pin", "mode", "plane", "crtc", "frame",
	"codec", "mixer", "stream", "urb", "pipe", "slot", "zone", "region", "range", "vector", "policy", "key", "cred", "token", "domain", "power",
}

var verbs = []string{
	"init", "probe", "remove", "alloc", "free", "get", "put", "set", "clear", "enable", "disable", "start", "stop", "read", "write", "update",
	"attach", "detach", "submit", "complete", "flush", "sync", "lookup", "insert", "resize", "suspend", "resume", "reset", "parse", "check", "handle", "register",
}

var adjectives = []string{
	"stale", "pending", "shared", "empty", "invalid", "remote", "local", "early", "nested", "partial", "dirty", "active", "legacy", "virtual", "default", "last",
}

var types = []string{"int", "u32", "u64", "bool", "size_t", "unsigned long", "u8", "s64"}

// words gives the parts of a line's payload one after the other.
type words uint32

func (w *words) from(list []string) string {
	n := words(len(list))
	word := list[*w%n]
	*w /= n
	return word
}

func (w *words) name() string { return w.from(nouns) + "_" + w.from(nouns) }
func (w *words) call() string { return w.from(verbs) + "_" + w.from(nouns) }

// appendText appends the line without its end.
func (l line) appendText(dst []byte, latin1 bool) []byte {
	w := words(l & (1<<payloadBits - 1))
	number := int(w % 977)
	switch l.kind() {
	case license:
		return append(dst, "// SPDX-License-Identifier: GPL-2.0"...)
	case credit:
		if latin1 {
			return fmt.Appendf(dst, "/* Copyright %d J\xf6rg M\xfcller, caf\xe9 %s */", 1995+number%30, w.from(nouns))
		}
		return fmt.Appendf(dst, "/* Copyright %d Jörg Müller, %s */", 1995+number%30, w.from(nouns))
	case comment:
		return fmt.Appendf(dst, "/* The %s %s must not %s the %s %s %d */", w.from(adjectives), w.from(nouns), w.from(verbs), w.from(adjectives), w.from(nouns), number)
	case include:
		return fmt.Appendf(dst, "#include <linux/%s.h>", w.name())
	case define:
		return fmt.Appendf(dst, "#define REG_%s_%s_%d\t0x%04x", w.from(nouns), w.from(verbs), number, uint32(w)&0xffff)
	case structOpen:
		return fmt.Appendf(dst, "struct %s_%s {", w.name(), w.from(nouns))
	case field:
		return fmt.Appendf(dst, "\t%s %s_%s;", w.from(types), w.name(), w.from(nouns))
	case structClose:
		return append(dst, "};"...)
	case function:
		return fmt.Appendf(dst, "static %s %s_%s(struct %s *%s, u32 flags)", w.from(types), w.name(), w.from(verbs), w.from(nouns), w.from(nouns))
	case open:
		return append(dst, '{')
	case declaration:
		return fmt.Appendf(dst, "\t%s %s = %d;", w.from(types), w.name(), number)
	case statement:
		return w.appendStatement(dst, "\t", number)
	case ifOpen:
		return fmt.Appendf(dst, "\tif (%s < %d && !(flags & %s)) {", w.name(), number, w.from(nouns))
	case nested:
		return w.appendStatement(dst, "\t\t", number)
	case ifClose:
		return append(dst, "\t}"...)
	case label:
		return fmt.Appendf(dst, "err_%s_%s:", w.from(verbs), w.from(nouns))
	case giveBack:
		return fmt.Appendf(dst, "\treturn %s;", w.from([]string{"ret", "0", "-EINVAL", "-ENOMEM", "err"}))
	case closing:
		return append(dst, '}')
	case object:
		return fmt.Appendf(dst, "obj-$(CONFIG_%s_%d) += %s_%s.o", w.from(nouns), number, w.name(), w.from(verbs))
	case config:
		return fmt.Appendf(dst, "config %s_%d", w.from(nouns), number)
	case configType:
		return fmt.Appendf(dst, "\tbool \"Support the %s %s\"", w.from(adjectives), w.from(nouns))
	case help:
		return append(dst, "\thelp"...)
	case helpText:
		return append(w.appendProse(append(dst, "\t  "...)), '.')
	case heading:
		return fmt.Appendf(dst, "The %s %s", w.from(adjectives), w.from(nouns))
	case underline:
		return append(dst, "================"...)
	case prose:
		return w.appendDocument(dst, number)
	case section:
		return fmt.Appendf(dst, "%s %s DRIVER", w.from(nouns), w.from(nouns))
	case mail:
		return fmt.Appendf(dst, "M:\t%s %s <%s%d@example.org>", w.from(nouns), w.from(verbs), w.from(nouns), number)
	case pattern:
		return fmt.Appendf(dst, "F:\tdrivers/%s/%s*", w.from(nouns), w.from(nouns))
	case command:
		return fmt.Appendf(dst, "%s_%s --%s=%d \"$1\" || exit 1", w.from(verbs), w.from(nouns), w.from(nouns), number)
	case chunk:
		return appendNoise(dst, uint64(l), 64)
	}
	return dst // blank
}

func (w *words) appendStatement(dst []byte, indent string, number int) []byte {
	dst = append(dst, indent...)
	switch number % 4 {
	case 0:
		return fmt.Appendf(dst, "ret = %s(%s->%s, %d);", w.call(), w.from(nouns), w.from(nouns), number)
	case 1:
		return fmt.Appendf(dst, "%s->%s |= BIT(%d) << %s;", w.from(nouns), w.name(), number%64, w.from(nouns))
	case 2:
		return fmt.Appendf(dst, "dev_dbg(%s, \"%s %s failed: %%d\\n\", %d);", w.from(nouns), w.from(verbs), w.from(nouns), number)
	default:
		return fmt.Appendf(dst, "%s_%s(&%s->%s);", w.from(nouns), w.call(), w.from(nouns), w.from(nouns))
	}
}

func (w *words) appendProse(dst []byte) []byte {
	return fmt.Appendf(dst, "the %s %s has to %s every %s %s", w.from(adjectives), w.from(nouns), w.from(verbs), w.from(adjectives), w.from(nouns))
}

// appendDocument writes prose, and now and then what looks like part of a patch
// once a "-", a "+" or a space stands before it.
func (w *words) appendDocument(dst []byte, number int) []byte {
	switch number % 40 {
	case 0:
		return fmt.Appendf(dst, "-- a/%s", w.name())
	case 1:
		return fmt.Appendf(dst, "++ b/%s", w.name())
	case 2:
		return append(dst, "@@ -1,2 +1,2 @@"...)
	case 3:
		return append(dst, `\ No newline at end of file`...)
	case 4:
		return fmt.Appendf(dst, "diff --git a/%s b/%s", w.from(nouns), w.from(nouns))
	}
	return append(w.appendProse(dst), ';')
}

// appendNoise appends n bytes that look random, zeros included.
func appendNoise(dst []byte, seed uint64, n int) []byte {
	r := random(seed)
	for n > 0 {
		word := r.next()
		for i := 0; i < 8 && n > 0; i++ {
			dst = append(dst, byte(word>>(8*i)))
			n--
		}
	}
	return dst
}

func hex(n uint64) string { return strconv.FormatUint(n, 16) }
