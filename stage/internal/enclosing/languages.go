package enclosing

import "strings"

// finder gives the way to find units in a file with this path.
func (f *file) finder(path string) finder {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if strings.HasPrefix(name, "Kconfig") {
		return f.entries
	}
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "inc", "l", "y", "m", // C and its kin
		"go", "pl", "pm", "sh", "awk", "proto": // braces in the first column too
		return (&cFile{file: f, skimmed: 1}).units
	case "dts", "dtsi", "dtso":
		return f.nodes
	case "rs", "java", "kt", "js", "ts", "cs", "swift", "scala", "php":
		return f.braced
	case "py":
		return f.definitions
	}
	return func(Range) []Range { return nil }
}
