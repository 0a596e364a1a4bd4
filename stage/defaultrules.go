package stage

import "regexp"

// The tags of the built-in rules. A commit may have several. The definitions are
// what a reader is to go by; the rules come near them.
const (
	// TagSecurity: the change closes a hole or makes one harder to use. That
	// includes errors of memory safety (access out of bounds or after free,
	// double free, a buffer overflow), the disclosure of memory, and whatever
	// has a CVE number. Leaks, races, locking and dereferences of NULL are
	// bugs, but no security by themselves; neither are features with
	// "security" in their name.
	TagSecurity = "security"
	// TagPerformance: the change makes something faster. Less code or memory is
	// no performance.
	TagPerformance = "performance"
	// TagRefactor: the change gives code another shape and leaves what it does:
	// code is moved, split, joined, renamed, or goes as nothing uses it. A change
	// of white space alone is none, nor is the removal of a feature.
	TagRefactor = "refactor"
	// TagDocumentation: at least three quarters of the changed files are
	// documentation.
	TagDocumentation = "documentation"
	// TagDriver: at least half of the changed files belong to drivers.
	TagDriver = "driver"
	// TagBackport: the message says which commit this one was taken from.
	TagBackport = "backport"
	// TagRevert: the message says which commit this one undoes.
	TagRevert = "revert"
	// TagFix: the change mends something that did not work as it was meant to:
	// behaviour, a build, a warning. Corrections of words (a typo in a comment or
	// a document) are none.
	TagFix = "fix"
	// TagFeature: afterwards something can be done that could not be done
	// before: a driver, a command, a board, an option, a description of hardware.
	// To switch on by configuration what there was before is none.
	TagFeature = "feature"
	// TagTest: the change is about tests: half of the changed files are some, or
	// the message says that it adds or mends one.
	TagTest = "test"
	// TagBuild: the change is about how the project is configured and built:
	// Makefiles, Kconfig, linker scripts, compilers, continuous integration. The
	// lines that build a new file are none, nor is a board's configuration.
	TagBuild = "build"
	// TagSyzbot: syzbot, a fuzzer of kernels, has reported what the change mends.
	TagSyzbot = "syzbot"
	// TagUAPI: the change touches the headers of the interface between kernel and
	// user space.
	TagUAPI = "uapi"
)

// DefaultRules gives the built-in rules, a new copy each time.
//
// The rules of the first seven tags were made by reading the subjects that they
// hit in u-boot's history of 100,000 commits, and narrowed by what was wrong; those
// of the others by the hits among 8 % of that history, without the 300 commits of
// testdata/tags_uboot.txt. Those of refactor were narrowed again by commits of five
// projects, and measured on a sixth, see testdata/tags_heldout.txt. LABELS.md has
// precision and recall by tag. The rules prefer precision: a commit without a tag is
// not one to which the tag does not apply.
func DefaultRules() []Rule {
	rules := []Rule{
		{
			Tag: TagSecurity, Name: "list of CVEs", Field: InCVE, Strength: StrengthCVE,
			Any: []string{string(CVEFix)},
		},
		{
			Tag: TagSecurity, Name: "cve", Field: InSubject,
			Any: []string{"cve"}, Pattern: cvePattern,
		},
		{
			Tag: TagSecurity, Name: "cve in area", Field: InArea,
			Any: []string{"cve"}, Pattern: cvePattern,
		},
		{
			Tag: TagSecurity, Name: "cve in trailer", Field: InTrailer,
			// At the beginning, or in an address: subjects that a value quotes
			// speak of other commits.
			Any: []string{"*: cve"}, Pattern: regexp.MustCompile(`(?i)^(\S+://\S*)?\bCVE-[0-9]{4}-[0-9]{4,}\b`),
		},
		{
			// A fuzzer reached the error from user space. What it reports about
			// locks and time is no hole.
			Tag: TagSecurity, Name: "syzbot", Field: InTrailer,
			Any:      []string{"Reported-by: syzkaller.appspotmail.com", "Reported-and-tested-by: syzkaller.appspotmail.com"},
			Strength: StrengthSyzbot,
			Unless:   append([]string{"lock", "locks", "locking", "lockdep", "deadlock", "deadlocks", "hang", "hung", "stall", "stalls", "lockup", "race", "races", "rcu"}, notTheCode...),
		},
		{
			Tag: TagSecurity, Name: "memory safety", Field: InSubject,
			Any: []string{
				"use after free", "uses after free", "UAF", "double free", "double frees", "type confusion",
				"out of bound", "out of bounds", "out of boundary", "OOB read", "OOB write", "OOB access",
				"buffer overflow", "buffer overflows", "buffer overrun", "buffer overruns", "buffer underflow", "buffer underrun",
				"heap overflow", "heap corruption", "stack buffer overflow", "stack corruption", "unbounded memcpy", "unbounded strcpy", "uninit value",
			},
			Unless: notTheCode,
		},
		{
			Tag: TagSecurity, Name: "disclosure", Field: InSubject,
			Any: []string{
				"information leak", "information leaks", "info leak", "info leaks", "infoleak", "infoleaks", "kernel infoleak",
				"information disclosure", "memory disclosure", "stack leak", "leak kernel pointers", "leaking kernel pointers",
			},
			Unless: notTheCode,
		},
		{
			Tag: TagSecurity, Name: "vulnerability", Field: InSubject,
			Any: []string{
				"vulnerability", "vulnerabilities", "vulnerable", "exploitable", "security fix", "security fixes", "security hole",
				"security holes", "security issue", "security issues", "security bug", "security bugs", "security flaw",
				"privilege escalation", "denial of service", "code injection", "command injection", "SQL injection", "XSS", "CSRF",
				"path traversal", "arbitrary code execution", "remote code execution",
				"side channel", "side channels", "timing attack", "timing attacks", "TOCTOU", "spectre", "meltdown", "retbleed",
			},
			Unless: notTheCode,
		},
		{
			// The stable trees take fixes of all kinds.
			Tag: TagSecurity, Name: "stable", Field: InTrailer, Supports: true, Strength: StrengthStable,
			Any: []string{"Cc: stable@vger.kernel.org", "Cc: stable@kernel.org", "Cc: security@kernel.org"},
		},
		{
			Tag: TagPerformance, Name: "speed", Field: InSubject,
			Any: []string{
				"speed up", "speeds up", "speedup", "speeding up", "sped up", "faster", "accelerate", "accelerates",
				"too slow", "very slow", "so slow", "fix slow", "slowness", "slowdown", "more efficient", "inefficient",
			},
			Unless: append([]string{"support", "delay", "clock", "clocks", "remove", "drop"}, notTheCode...),
		},
		{
			Tag: TagPerformance, Name: "optimisation", Field: InSubject,
			Any: []string{
				"optimize", "optimise", "optimizes", "optimises", "optimizing", "optimising",
				"optimization", "optimisation", "optimizations", "optimisations",
				"use optimized", "use optimised", "using optimized", "using optimised", "add optimized", "add optimised",
			},
			Unless: append([]string{
				// The size of code, and what compilers do.
				"size", "footprint", "space", "shrink", "memory usage", "compiler", "gcc", "clang", "link time", "LTO", "thumb",
				"optimize out", "optimize away", "flag", "flags", "option", "options", "Kconfig:", "config", "inlining", "level", "linker",
				"Makefile", "debug",
				// The settings of hardware.
				"timing", "timings", "erratum", "voltage", "voltages", "compatible",
				// The end of an optimisation, or of an error in one.
				"drop", "remove", "disable", "fix", "fixes", "bug", "cleanup", "avoid",
			}, notTheCode...),
		},
		{
			Tag: TagPerformance, Name: "performance", Field: InSubject,
			Any: []string{"performance", "throughput", "latency", "overhead", "boot time", "boottime"},
			Pattern: regexp.MustCompile(`(?i)\b(improv|increas|enhanc|boost|better|best|tun|optimi[sz]|maximi[sz])\w*\b.*\b(performance|throughput)\b` +
				`|\b(performance|throughput)\b.*\b(improv|enhanc|increas|boost|tun|optimi[sz]|regression)\w*` +
				`|\b(reduc|decreas|improv|lower|minimi[sz]|shorten|cut)\w*\b.*\b(latency|overhead|boot ?time)\b`),
			Unless: append([]string{"counter", "counters", "monitor", "monitoring", "class"}, notTheCode...),
		},
		{
			Tag: TagRefactor, Name: "refactor", Field: InSubject,
			Any: []string{
				"refactor", "refactors", "refactored", "refactoring", "re-factor", "restructure", "restructures", "restructured",
				"reorganize", "reorganise", "reorganizes", "reorganized", "re-organize", "re-organise",
			},
			Unless:     append([]string{"fix", "fixes", "fixed", "fixing", "fixup", "bug", "broken", "breakage", "after", "since", "prepare for", "in preparation for", "support", "add", "allow", "messages"}, otherThanShape...),
			UnlessBody: mendsToo,
		},
		{
			Tag: TagRefactor, Name: "share code", Field: InSubject,
			Any: []string{
				"factor out", "factors out", "factored out", "factoring out", "factor common", "factorize", "factorise",
				"deduplicate", "deduplicates", "de-duplicate", "consolidate", "consolidates", "consolidated",
				"split out", "unify", "unifies",
			},
			// What the subject begins with is what was done: file systems deduplicate,
			// too. What is unified is as often what users see as it is code.
			Pattern: regexp.MustCompile(`(?i)^(factor\w*( out)?|de-?duplicat\w*|consolidat\w*|split out)\b` +
				`|^unif\w*\b.*\b(code|functions?|helpers?|implementations?|drivers?|struct(ure)?s?|types?|variables?|parameters?|prototypes?|definitions?|macros?|headers?|duplicat\w*)\b`),
			Unless: append([]string{"fix", "fixes", "fixed", "fixing", "fixup", "bug", "broken", "after", "since", "support", "add", "allow", "defconfig", "defconfigs", "config:", "configs:", "Kconfig", "address",
				"environment", "setting", "settings", "size", "strength", "APIs"}, otherThanShape...),
			UnlessBody: mendsToo,
		},
		{
			Tag: TagRefactor, Name: "rename", Field: InSubject,
			Any:        []string{"rename", "renames", "renamed"},
			Pattern:    regexp.MustCompile(`(?i)^rename[sd]?\b.*(\w\(\)|\b(struct \w+|functions?|variables?|macros?|members?|helpers?)\b)`),
			Unless:     append([]string{"fix", "fixes", "add", "after", "environment", "command", "and make"}, otherThanShape...),
			UnlessBody: mendsToo,
		},
		{
			Tag: TagRefactor, Name: "separate", Field: InSubject,
			Any: []string{
				"separate function", "separate functions", "separate file", "separate files", "own function", "own file", "own files",
				"common function", "common functions", "common file", "helper function", "helper functions",
			},
			Pattern:    regexp.MustCompile(`(?i)\b(move|split|extract|turn|pull)\w*\b.*\b(in|to|into)\b.*\b(functions?|files?)\b`),
			Unless:     append([]string{"fix", "fixes", "add", "after"}, otherThanShape...),
			UnlessBody: mendsToo,
		},
		{
			Tag: TagDocumentation, Name: "documents", Field: InPath, Share: 0.75,
			Any: []string{"**/Documentation/", "**/doc/", "**/docs/", "*.rst", "*.md", "*.adoc", "*.asciidoc", "*.texi", "README*", "!*.py", "!*.sh", "!requirements*.txt", "!.gitignore", "!*mailrc"},
		},
		{
			Tag: TagDriver, Name: "drivers", Field: InPath, Share: 0.5,
			Any: []string{"drivers/", "sound/"},
		},
		{
			Tag: TagBackport, Name: "marker", Field: InReference,
			Any: []string{string(BackportOf)},
		},
		{
			// The subjects of distribution kernels.
			Tag: TagBackport, Name: "area", Field: InArea,
			Any: []string{"backport", "upstream", "fromgit", "fromlist"}, Pattern: regexp.MustCompile(`^(BACKPORT|UPSTREAM|FROMGIT|FROMLIST)\b`),
		},
		{
			Tag: TagRevert, Name: "statement", Field: InReference,
			Any: []string{string(Reverts)},
		},
		{
			Tag: TagFix, Name: "statement", Field: InReference,
			Any: []string{string(Fixes)}, Unless: onlyWords,
		},
		{
			Tag: TagFix, Name: "verb", Field: InSubject,
			Any: []string{"fix", "fixes", "fixed", "fixing", "fixup", "correct", "corrects", "corrected", "repair"},
			Pattern: regexp.MustCompile(`(?i)^(fix|fixes|fixing|fixup|fixed|correct|corrects|corrected|repair)\b` +
				`|\b(fix|fixes) (an?|the|for|in|of|up|build|some|this)\b|[,;:] (fix|fixes)\b|\b(bug|compile|build) ?fix(es)?\b`),
			Unless: append([]string{"fixed rate", "fixed factor", "fixed clock", "fixed clocks", "fixed link", "fixed size", "fixed regulator", "fixed partitions", "fixed address", "fixed phy",
				"checkpatch", "style", "coding style", "indentation", "whitespace", "white space", "alignment of", "formatting", "prefix"}, onlyWords...),
		},
		{
			Tag: TagFix, Name: "defect", Field: InSubject,
			Any: []string{
				"memory leak", "memory leaks", "resource leak", "resource leaks", "null pointer dereference", "NULL dereference", "null deref", "segfault", "segmentation fault",
				"deadlock", "race condition", "build error", "build errors", "build failure", "build failures", "build breakage", "build warning", "build warnings", "build issue",
				"compile error", "compile errors", "compile warning", "compile warnings", "compiler warning", "compiler warnings", "compilation warning", "compilation error",
				"compilation warnings", "compilation errors", "compilation failure", "link error", "linker error", "regression", "infinite loop", "division by zero", "divide by zero",
				"off by one", "integer overflow", "crash", "crashes", "data abort",
			},
			Unless: append([]string{"add", "adds", "test", "tests", "detect", "report", "dump", "command", "support", "introduce", "kernel crash dump", "crash dump"}, onlyWords...),
		},
		{
			Tag: TagFix, Name: "memory safety", Field: InSubject,
			Any: []string{
				"use after free", "double free", "out of bound", "out of bounds", "buffer overflow", "buffer overrun", "heap overflow", "stack overflow",
			},
			Unless: append([]string{"add", "test", "detect"}, onlyWords...),
		},
		{
			Tag: TagFix, Name: "syzbot", Field: InTrailer,
			Any: []string{"Reported-by: syzkaller.appspotmail.com", "Reported-and-tested-by: syzkaller.appspotmail.com"}, Strength: StrengthSyzbot, Unless: onlyWords,
		},
		{
			Tag: TagFix, Name: "list of CVEs", Field: InCVE, Strength: StrengthCVE,
			Any: []string{string(CVEFix)},
		},
		{
			Tag: TagFix, Name: "stable", Field: InTrailer, Supports: true, Strength: StrengthStable,
			Any: []string{"Cc: stable@vger.kernel.org", "Cc: stable@kernel.org"},
		},
		{
			Tag: TagFeature, Name: "support", Field: InSubject,
			Any: []string{"support", "supports", "supporting"},
			Pattern: regexp.MustCompile(`(?i)^(add|adds|added|adding|introduce|introduces|implement|implements|provide|initial|basic|preliminary)\b.*\bsupport\b` +
				`|^(support|supports)\b`),
			Unless: noFeature,
		},
		{
			Tag: TagFeature, Name: "new thing", Field: InSubject,
			Any: []string{"add", "adds", "added", "adding", "introduce", "introduces", "implement", "implements", "port"},
			// \W rather than \b: the long list is tried half as often.
			Pattern: regexp.MustCompile(`(?i)^(add|adds|added|adding|introduce|introduces|implement|implements|port)\b.*` +
				`\W(drivers?|commands?|subcommands?|uclass|boards?|SoCs?|platforms?|properties|property|features?|entry type|etype|methods?|API|ioctls?|syscalls?|protocols?|` +
				`callbacks?|hooks?|flags?|functions?|helpers?|macros?|variables?|quirks?|bindings?|dts|dtsi|device ?tree|nodes?|compatible|IDs?|ports?|targets?|modes?|concept|implementation)\b`),
			Unless: noFeature,
		},
		{
			Tag: TagTest, Name: "tests", Field: InPath, Share: 0.5,
			Any: []string{
				"**/test/", "**/tests/", "**/selftests/", "**/selftest/", "**/efi_selftest/", "**/kunit/", "*_test.c", "*_test.py", "test_*.py", "test_*.c", "test-*.c", "*_kunit.c", "*-test.c", "ftest.py",
				"!*.rst", "!*.md", "!README*", "!*.txt",
			},
		},
		{
			Tag: TagTest, Name: "says so", Field: InSubject,
			Any: []string{"test", "tests", "testcase", "testcases", "selftest", "selftests"},
			Pattern: regexp.MustCompile(`(?i)^(add|adds|extend|expand|fix|update|improve|enable|provide|create|write)( an?| some| more| new| unit| basic| additional| simple| missing| sandbox| the| python)*` +
				` (tests?|test ?cases?|unit tests?|selftests?)\b`),
			Unless: []string{"test command", "test mode", "test pattern", "memory test", "self test command", "doc:", "documentation"},
		},
		{
			Tag: TagBuild, Name: "build files", Field: InPath, Share: 1,
			Any: []string{
				"Makefile", "Makefile.*", "Kbuild", "Kbuild.*", "Kconfig", "Kconfig.*", "*.mk", "*.lds", "*.lds.S", "Dockerfile*", ".gitlab-ci.yml", ".azure-pipelines.yml", ".travis.yml",
				"**/.github/", "scripts/kconfig/", "scripts/Makefile.*", "config_whitelist.txt", "MAKEALL", "mkconfig",
			},
			Unless: []string{"MAINTAINERS", "prepare"},
		},
		{
			Tag: TagBuild, Name: "area", Field: InArea,
			Any: []string{"kbuild", "Kconfig", "kconfig", "Makefile", "CI", "build", "gitlab", "azure", "travis", "github", "Dockerfile", "docker"}, Unless: []string{"MAINTAINERS"},
		},
		{
			Tag: TagBuild, Name: "words", Field: InSubject,
			Any: []string{"Kconfig", "build", "builds", "compile", "compiler", "compilation", "compiling", "compiles", "link", "linker", "linking", "linker script", "linker scripts", "makefile", "makefiles", "GCC", "clang", "LTO", "toolchain", "LLVM"},
			// One \b for all, so that nothing is tried within words.
			Pattern: regexp.MustCompile(`(?i)\b((to|in|into|via|for|from) Kconfig\b|(build|builds|compile|compiler|compilation|compiling)[ -](time |with |without |breakage|failures?|errors?|warnings?|issues?|problems?|flags?)|(link|linking|linker) (errors?|failures?|order|flags?)\b` +
				`|(errors?|warnings?|failures?|fails?)\b.*\b(with|when|under|by) (gcc|clang|building|compiling|LTO)|linker scripts?\b|makefiles?\b|toolchains?\b|LTO\b|(fix|fixes|fixed) (the )?(build|compile|compilation|linking)\b)`),
			Unless: []string{"doc:", "documentation", "MAINTAINERS"},
		},
		{
			Tag: TagSyzbot, Name: "report", Field: InTrailer, Strength: StrengthSyzbot,
			Any: []string{"Reported-by: syzkaller.appspotmail.com", "Reported-and-tested-by: syzkaller.appspotmail.com", "Closes: syzkaller.appspot.com", "Link: syzkaller.appspot.com"},
		},
		{
			Tag: TagUAPI, Name: "headers", Field: InPath,
			Any: []string{"**/include/uapi/"},
		},
	}
	for i := range rules {
		rules[i].Confidence = precision[rules[i].Tag]
	}
	return rules
}

// precision is the share of hits with which a reader agreed, by tag: of security and
// refactor on the held out commits, of the others on the 300 labelled ones where 20
// hits or more were there, in the earlier reading of all or of a hundred hits else.
// What follows from its definition, such as a tag by paths, is near 1.
var precision = map[string]float32{
	TagSecurity: 0.99, TagPerformance: 0.92, TagRefactor: 0.96, TagDocumentation: 0.96, TagDriver: 0.99, TagBackport: 0.99, TagRevert: 0.99,
	TagFix: 0.98, TagFeature: 0.90, TagTest: 0.98, TagBuild: 0.88, TagSyzbot: 0.99, TagUAPI: 0.99,
}

var cvePattern = regexp.MustCompile(`(?i)\bCVE-[0-9]{4}-[0-9]{4,}\b`)

// notTheCode are the phrases of subjects whose change is about words, warnings
// or tests, whatever else they mention.
var notTheCode = []string{
	"comment", "comments", "typo", "typos", "spelling", "cosmetic", "documentation", "doc:", "docs:", "Documentation:", "README",
	"warning", "warnings", "false positive", "false positives", "message", "test", "test:", "tests:", "tests for", "selftest:", "selftests:", "efi_selftest:", "kunit:",
	"changelog", "MAINTAINERS",
}

// otherThanShape are the phrases of subjects whose change gives more than another
// shape to code: what it does, what its users type or see, or what is tested,
// becomes another.
var otherThanShape = append([]string{"ensure", "ensures", "correct", "correctly", "usage", "behaviour", "behavior", "ci:"}, notTheCode...)

// mendsToo are the words of messages whose change mends something, too: authors
// call "refactoring" what cures a leak on the way.
var mendsToo = []string{
	"fix", "fixes", "fixed", "fixing", "bug", "bugs", "leak", "leaks", "regression", "hang", "hangs", "crash", "crashes",
	"problem", "problems", "issue", "issues", "failure", "failures", "build fails", "does not work", "properly", "correctly",
}

// onlyWords are the phrases of subjects whose change mends words, not what they
// stand for.
var onlyWords = []string{
	"typo", "typos", "spelling", "misspelling", "grammar", "grammatical", "comment", "comments", "wording", "documentation", "doc:", "docs:", "Documentation:", "README",
	"MAINTAINERS", "MAINTAINERS:", "maintainers", "cosmetic", "description", "a reference to", "copyright", "SPDX", "changelog", "man page", "help text", "Merge",
}

// noFeature are the phrases of subjects that add something, but no feature.
var noFeature = append([]string{
	"fix", "fixes", "fixed", "missing", "test", "tests", "test:", "tests:", "selftest:", "testcase", "unit tests", "warning", "maintainer", "myself", "header", "headers", "include", "includes",
	"defconfig", "defconfigs", "config:", "configs:", "remove", "drop", "prepare", "Kconfig", "convert", "note", "markings", "CI:", "debug", "message", "messages", "check", "checks", "define", "defines", "sanity", "workaround", "license", "error",
}, onlyWords...)
