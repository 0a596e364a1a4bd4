package enclosing

import "strings"

// language tells how units are found in a file.
type language int

const (
	noUnits language = iota
	cLike            // C and its kin, and what has its braces in the first column too
	deviceTree
	braces // functions lie within classes and blocks
	python
	kconfig
)

// languageOf tells the language of a file by its path.
func languageOf(path string) language {
	name := path[strings.LastIndexByte(path, '/')+1:]
	if strings.HasPrefix(name, "Kconfig") {
		return kconfig
	}
	switch name[strings.LastIndexByte(name, '.')+1:] {
	case "c", "h", "cc", "cpp", "cxx", "hpp", "hh", "inc", "l", "y", "m",
		"go", "pl", "pm", "sh", "awk", "proto":
		return cLike
	case "dts", "dtsi", "dtso":
		return deviceTree
	case "rs", "java", "kt", "js", "ts", "cs", "swift", "scala", "php":
		return braces
	case "py":
		return python
	}
	return noUnits
}

// units gives the units that hold a run's lines, in order. Successive calls have
// ascending runs.
func (f *Finder) units(run Range) []Range {
	switch f.language {
	case cLike:
		return f.c.units(run)
	case deviceTree:
		return f.nodes(run)
	case braces:
		return f.braced(run)
	case python:
		return f.definitions(run)
	case kconfig:
		return f.entries(run)
	}
	return nil
}
