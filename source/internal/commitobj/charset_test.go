package commitobj

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/commitflow/commitflow/stage"
)

// encodingTests are texts as stored, with the encoding that the commit names.
// TestParseAsGit holds git, and its iconv, against those that are not repaired.
var encodingTests = []struct {
	encoding, stored, want string
	repair                 string
}{
	{"", "plain", "plain", ""},
	{"", "sch\xc3\xb6n", "schön", ""},
	{"", "sch\xf6n", "schön", "not UTF-8: read as Latin-1"},
	{"", "sch\xf6n, sch\xc3\xb6n", "schön, schön", "not UTF-8: read as Latin-1"},
	{"", "cut \xe2\x82", "cut \u00e2\u0082", "not UTF-8: read as Latin-1"},
	{"", "\xef\xbf\xbd", "\ufffd", ""},
	{"UTF-8", "sch\xc3\xb6n", "schön", ""},
	{"utf8", "sch\xc3\xb6n", "schön", ""},
	{"utf-8", "sch\xf6n", "schön", "not UTF-8: read as Latin-1"},

	{"ISO-8859-1", "plain", "plain", ""},
	{"ISO-8859-1", "sch\xf6n", "schön", ""},
	{"ISO8859-1", "sch\xf6n", "schön", ""},
	{"ISO88591", "sch\xf6n", "schön", ""},
	{"iso_8859-1", "sch\xf6n", "schön", ""},
	{"latin1", "sch\xf6n", "schön", ""},
	{"latin-1", "sch\xf6n", "schön", ""},
	{"ISO-8859-1", "\x93", "\u0093", ""},
	{"ISO-8859-1", "sch\xc3\xb6n", "schÃ¶n", ""},
	{"iso-8859-15", "\xa4", "€", ""},
	{"ISO8859-15", "\xa4", "€", ""},
	{"latin-9", "\xa4", "€", ""},
	{"iso8859-2", "\xb1", "ą", ""},
	{"cp1252", "\x93", "“", ""},
	{"CP1251", "\xc4", "Д", ""},
	{"Windows-1252", "\x93", "“", ""},
	{"KOI8-R", "\xe4", "Д", ""},
	{"cp866", "\x84", "Д", ""},
	{"EUC-JP", "\xc6\xfc\xcb\xdc", "日本", ""},
	{"eucJP", "\xc6\xfc\xcb\xdc", "日本", ""},
	{"Shift_JIS", "\x93\xfa\x96\x7b", "日本", ""},
	{"SJIS", "\x93\xfa\x96\x7b", "日本", ""},
	{"ISO-2022-JP", "\x1b$BF|K\\\x1b(B", "日本", ""},
	{"GB18030", "\xd6\xd0\xb9\xfa", "中国", ""},
	{"GBK", "\xd6\xd0\xb9\xfa", "中国", ""},
	{"gb2312", "\xd6\xd0\xb9\xfa", "中国", ""},
	{"Big5", "\xa4\xa4", "中", ""},
	{"EUC-KR", "\xc7\xd1", "한", ""},

	{"EUC-JP", "\xff\xff", "ÿÿ", "not EUC-JP, and not UTF-8: read as Latin-1"},
	{"EUC-JP", "日本", "日本", "not EUC-JP: read as UTF-8"},
	{"ASCII", "sch\xf6n", "schön", "not ASCII, and not UTF-8: read as Latin-1"},
	{"klingon", "plain", "plain", ""},
	{"klingon", "schön", "schön", `encoding "klingon" is unknown: read as UTF-8`},
	{"klingon", "sch\xf6n", "schön", `encoding "klingon" is unknown, and not UTF-8: read as Latin-1`},
	{"UTF-16", "sch\xf6n", "schön", `encoding "UTF-16" is unknown, and not UTF-8: read as Latin-1`},
}

func TestEncoding(t *testing.T) {
	for _, test := range encodingTests {
		t.Run(test.encoding+" "+test.want, func(t *testing.T) {
			header := ""
			if test.encoding != "" {
				header = "encoding " + test.encoding + "\n"
			}
			c := parse(t, treeLine+"author "+test.stored+" <a> 1 +0000\n"+committer+header+"note "+test.stored+"\n\n"+test.stored+"\n")
			assert.Equal(t, test.encoding, c.Encoding)
			assert.Equal(t, test.want, c.Author.Name)
			assert.Equal(t, []stage.Header{{Key: "note", Value: test.want}}, c.Headers)
			assert.Equal(t, test.want+"\n", c.Message)
			assert.Equal(t, test.want, c.Subject)
			var repaired []stage.Repair
			if test.repair != "" {
				repaired = []stage.Repair{{Field: "author", What: test.repair}, {Field: "note", What: test.repair}, {Field: "message", What: test.repair}}
			}
			assert.Equal(t, repaired, c.Repaired)
		})
	}
}

func TestEncodingNameIsTextToo(t *testing.T) {
	c := parse(t, treeLine+author+committer+"encoding l\xe4tin\nencoding UTF-8\n\nm\n")
	assert.Equal(t, "lätin", c.Encoding)
	assert.Equal(t, []stage.Header{{Key: "encoding", Value: "UTF-8"}}, c.Headers)
	assert.Equal(t, []stage.Repair{
		{Field: "encoding", What: "several of them: the first one counts"},
		{Field: "encoding", What: "not UTF-8: read as Latin-1"},
	}, c.Repaired)
}
