package command

import (
	"flag"
	"slices"
	"strings"
)

// List is the value of a flag that lists things, separated by commas.
type List []string

// String writes the list as the flag takes it.
func (l *List) String() string { return strings.Join(*l, ",") }

// Set reads the flag; empty elements are left out.
func (l *List) Set(value string) error {
	*l = strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	return nil
}

// Settings gives the values of the flags named, for a checkpoint to compare.
func Settings(flags *flag.FlagSet, names ...string) map[string]string {
	settings := map[string]string{}
	flags.VisitAll(func(f *flag.Flag) {
		if slices.Contains(names, f.Name) {
			settings["-"+f.Name] = f.Value.String()
		}
	})
	return settings
}
