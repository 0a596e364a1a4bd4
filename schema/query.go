package schema

import (
	"context"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/ClickHouse/ch-go/proto"
)

// Query is one statement with what goes to the server and what comes back.
type Query struct {
	// Text is the SQL. Where it says {name:Type}, the argument of that name
	// stands.
	Text      string
	Arguments []Argument
	// Input are the columns of an INSERT, sent as one block.
	Input proto.Input
	// Result takes the columns of a SELECT, block by block, and OnResult is
	// called for each block. What Result holds is valid until it returns.
	Result   proto.Result
	OnResult func(context.Context, proto.Block) error
	// Settings are for this statement. Servers that do not know one of them
	// ignore it.
	Settings []Setting
}

// Setting is a setting of the server.
type Setting struct{ Name, Value string }

// Argument is the value of a parameter of a query.
type Argument struct {
	Name string
	// Value is a string, []string, uint64, int64 or float64; it must fit the type
	// that the text names.
	Value any
}

// placeholder is where an argument goes.
var placeholder = regexp.MustCompile(`\{(\w+):([\w(), ]+)\}`)

// bind puts arguments into the text as literals, for servers that know no
// parameters.
func bind(text string, arguments []Argument) (string, error) {
	var missing error
	bound := placeholder.ReplaceAllStringFunc(text, func(match string) string {
		name := placeholder.FindStringSubmatch(match)[1]
		for _, a := range arguments {
			if a.Name == name {
				return a.literal()
			}
		}
		missing = fmt.Errorf("no argument for %s", match)
		return match
	})
	return bound, missing
}

// literal writes the value as SQL does.
func (a Argument) literal() string {
	switch v := a.Value.(type) {
	case string:
		return quoteString(v)
	case []string:
		if len(v) == 0 {
			return "emptyArrayString()" // [] would be an array of nothing
		}
		return quoteList(v)
	case uint64:
		return strconv.FormatUint(v, 10)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64)
	default:
		panic(fmt.Sprintf("schema: argument %s is a %T", a.Name, v))
	}
}

// parameter writes the value as the server wants it for a parameter: the text
// of the value in its tab-separated form, quoted.
func (a Argument) parameter() string {
	switch v := a.Value.(type) {
	case string:
		return quoteString(tabSeparated.Replace(v))
	case []string:
		return quoteString(quoteList(v))
	default:
		return quoteString(a.literal())
	}
}

// escapes are for a string between single quotes. Every other byte stands for
// itself there.
var escapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\x00", `\0`)

var tabSeparated = strings.NewReplacer(`\`, `\\`, "\t", `\t`, "\n", `\n`, "\r", `\r`, "\x00", `\0`)

func quoteString(s string) string { return "'" + escapes.Replace(s) + "'" }

func quoteList(list []string) string {
	quoted := make([]string, len(list))
	for i, s := range list {
		quoted[i] = quoteString(s)
	}
	return "[" + strings.Join(quoted, ",") + "]"
}
