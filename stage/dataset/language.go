package dataset

import (
	"slices"
	"strings"
)

// languages are the names of languages by the files' extensions, in lower case.
var languages = map[string]string{
	"c": "c", "h": "c",
	"cc": "c++", "cpp": "c++", "cxx": "c++", "hh": "c++", "hpp": "c++",
	"s": "assembly", "asm": "assembly",
	"dts": "devicetree", "dtsi": "devicetree", "dtso": "devicetree",
	"rs": "rust", "go": "go", "py": "python", "pl": "perl", "pm": "perl",
	"sh": "shell", "bash": "shell", "awk": "awk", "lua": "lua",
	"java": "java", "kt": "kotlin", "js": "javascript", "ts": "typescript",
	"cs": "c#", "swift": "swift", "rb": "ruby", "php": "php",
	"mk": "make", "cmake": "cmake", "yaml": "yaml", "yml": "yaml", "json": "json",
	"rst": "text", "md": "text", "txt": "text",
}

// Language gives the language of a file by its path, or "other".
func Language(path string) string {
	name := path[strings.LastIndexByte(path, '/')+1:]
	switch {
	case strings.HasPrefix(name, "Kconfig"):
		return "kconfig"
	case strings.HasPrefix(name, "Makefile"), strings.HasPrefix(name, "Kbuild"):
		return "make"
	case name == "CMakeLists.txt":
		return "cmake"
	case strings.HasPrefix(name, "README"):
		return "text"
	}
	if language, ok := languages[strings.ToLower(name[strings.LastIndexByte(name, '.')+1:])]; ok && strings.Contains(name, ".") {
		return language
	}
	return "other"
}

// Languages lists all that [Language] tells apart, in the order of the alphabet.
func Languages() []string {
	names := []string{"kconfig", "other"}
	for _, name := range languages {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}
