package synthetic

import (
	"strconv"
	"strings"
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

func (l line) payload() uint { return uint(l & (1<<payloadBits - 1)) }

// editable tells whether the line can be changed, doubled and removed without
// breaking the form of the text around it.
func (l line) editable() bool {
	switch l.kind() {
	case comment, include, define, field, declaration, statement, nested, object, helpText, prose, mail, pattern, command, chunk:
		return true
	}
	return false
}

var nouns = [64]string{
	"dev", "port", "queue", "ring", "buf", "page", "inode", "clk", "irq", "dma", "phy", "reg", "ctx", "req", "skb", "map",
	"node", "table", "entry", "group", "lock", "timer", "task", "event", "state", "info", "data", "desc", "chan", "link", "bus", "hub",
	"fifo", "cache", "block", "extent", "journal", "route", "flow", "filter", "sensor", "regulator", "gpio", "pin", "mode", "plane", "crtc", "frame",
	"codec", "mixer", "stream", "urb", "pipe", "slot", "zone", "region", "range", "vector", "policy", "key", "cred", "token", "domain", "power",
}

var verbs = [32]string{
	"init", "probe", "remove", "alloc", "free", "get", "put", "set", "clear", "enable", "disable", "start", "stop", "read", "write", "update",
	"attach", "detach", "submit", "complete", "flush", "sync", "lookup", "insert", "resize", "suspend", "resume", "reset", "parse", "check", "handle", "register",
}

var adjectives = [16]string{
	"stale", "pending", "shared", "empty", "invalid", "remote", "local", "early", "nested", "partial", "dirty", "active", "legacy", "virtual", "default", "last",
}

var types = [8]string{"int", "u32", "u64", "bool", "size_t", "unsigned long", "u8", "s64"}

var values = [5]string{"ret", "0", "-EINVAL", "-ENOMEM", "err"}

// templates hold the text of each kind of line. Their verbs stand for words
// that follow from the line's payload: %n a noun, %v a verb, %a an adjective,
// %t a type, %r a value to return, %d a number, %x one in hexadecimal, %y a
// year. Kinds that are not listed have no text, or one that depends on more.
var templates = [...]string{
	license:     "// SPDX-License-Identifier: GPL-2.0",
	comment:     "/* The %a %n must not %v the %a %n %d */",
	include:     "#include <linux/%n_%n.h>",
	define:      "#define REG_%n_%v_%d\t0x%x",
	structOpen:  "struct %n_%n_%n {",
	field:       "\t%t %n_%n_%n;",
	structClose: "};",
	function:    "static %t %n_%n_%v(struct %n *%n, u32 flags)",
	open:        "{",
	declaration: "\t%t %n_%n = %d;",
	ifOpen:      "\tif (%n_%n < %d && !(flags & %n)) {",
	ifClose:     "\t}",
	label:       "err_%v_%n:",
	giveBack:    "\treturn %r;",
	closing:     "}",
	object:      "obj-$(CONFIG_%n_%d) += %n_%n_%v.o",
	config:      "config %n_%d",
	configType:  "\tbool \"Support the %a %n\"",
	help:        "\thelp",
	helpText:    "\t  " + sentence + ".",
	heading:     "The %a %n",
	underline:   "================",
	section:     "%n %n DRIVER",
	mail:        "M:\t%n %v <%n%d@example.org>",
	pattern:     "F:\tdrivers/%n/%n*",
	command:     "%v_%n --%n=%d \"$1\" || exit 1",
}

const sentence = "the %a %n has to %v every %a %n"

var statements = [...]string{
	"ret = %v_%n(%n->%n, %d);",
	"%n->%n_%n |= BIT(%d) << %n;",
	"dev_dbg(%n, \"%v %n failed: %%d\\n\", %d);",
	"%n_%v_%n(&%n->%n);",
}

// patchLike is what looks like part of a patch once a "-", a "+" or a space
// stands before it.
var patchLike = [...]string{
	"-- a/%n_%n",
	"++ b/%n_%n",
	"@@ -1,2 +1,2 @@",
	`\ No newline at end of file`,
	"diff --git a/%n b/%n",
}

// appendText appends the line without its end.
func (l line) appendText(dst []byte, latin1 bool) []byte {
	number := l.number()
	switch kind := l.kind(); kind {
	case credit:
		if latin1 {
			return l.fill(dst, "/* Copyright %y J\xf6rg M\xfcller, caf\xe9 %n */")
		}
		return l.fill(dst, "/* Copyright %y Jörg Müller, %n */")
	case statement:
		return l.fill(append(dst, '\t'), statements[number%len(statements)])
	case nested:
		return l.fill(append(dst, "\t\t"...), statements[number%len(statements)])
	case prose:
		if n := number % 40; n < len(patchLike) {
			return l.fill(dst, patchLike[n])
		}
		return l.fill(dst, sentence+";")
	case chunk:
		return appendNoise(dst, uint64(l), 64)
	default:
		return l.fill(dst, templates[kind])
	}
}

// number gives the number that %d stands for.
func (l line) number() int { return int(l.payload() % 977) }

// fill appends a template's text with words for its verbs. It is where most of
// the time for making a history in this process goes, hence no package fmt.
func (l line) fill(dst []byte, template string) []byte {
	words := l.payload() // taken apart word by word
	for {
		verb := strings.IndexByte(template, '%')
		if verb < 0 {
			return append(dst, template...)
		}
		dst = append(dst, template[:verb]...)
		switch template[verb+1] {
		case 'n':
			dst = append(dst, nouns[words%uint(len(nouns))]...)
			words /= uint(len(nouns))
		case 'v':
			dst = append(dst, verbs[words%uint(len(verbs))]...)
			words /= uint(len(verbs))
		case 'a':
			dst = append(dst, adjectives[words%uint(len(adjectives))]...)
			words /= uint(len(adjectives))
		case 't':
			dst = append(dst, types[words%uint(len(types))]...)
			words /= uint(len(types))
		case 'r':
			dst = append(dst, values[words%uint(len(values))]...)
			words /= uint(len(values))
		case 'd':
			dst = strconv.AppendInt(dst, int64(l.number()), 10)
		case 'y':
			dst = strconv.AppendInt(dst, int64(1995+l.number()%30), 10)
		case 'x':
			dst = strconv.AppendUint(dst, uint64(words)%0x10000, 16)
		case '%':
			dst = append(dst, '%')
		}
		template = template[verb+2:]
	}
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
