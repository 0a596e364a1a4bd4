package stage

import "regexp"

// The tags of the built-in rules.
const (
	// TagSecurity: the change closes a hole or makes one harder to use. That
	// includes errors of memory safety (access out of bounds or after free,
	// double free, a buffer overflow), the disclosure of memory, and whatever
	// has a CVE number. Leaks, races, locking and dereferences of NULL are
	// bugs, but no security by themselves; neither are features with
	// "security" in their name.
	TagSecurity = "security"
	// TagPerformance: the change makes something faster.
	TagPerformance = "performance"
	// TagRefactor: the change gives code another shape and leaves what it does.
	TagRefactor = "refactor"
	// TagDocumentation: most of the changed files are documentation.
	TagDocumentation = "documentation"
	// TagDriver: most of the changed files belong to drivers.
	TagDriver = "driver"
	// TagBackport: the message says which commit this one was taken from.
	TagBackport = "backport"
	// TagRevert: the message says which commit this one undoes.
	TagRevert = "revert"
)

// DefaultRules gives the built-in rules, a new copy each time.
//
// They were made by reading the subjects that they hit in u-boot's history of
// 100,000 commits, and narrowed by what was wrong. At the last reading, which
// was of all hits for security and performance and of 105 to 120 random ones
// for each other tag, about 1 % were wrong for security, 4 % for refactor and
// documentation (most of these have been excluded since), 8 % for performance,
// 1 % for driver, and none for backport and revert.
func DefaultRules() []Rule {
	return []Rule{
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
			Any:    []string{"Reported-by: syzkaller.appspotmail.com", "Reported-and-tested-by: syzkaller.appspotmail.com"},
			Unless: append([]string{"lock", "locks", "locking", "lockdep", "deadlock", "deadlocks", "hang", "hung", "stall", "stalls", "lockup", "race", "races", "rcu"}, notTheCode...),
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
			Tag: TagSecurity, Name: "stable", Field: InTrailer, Supports: true,
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
			Unless: append([]string{"fix", "fixes", "fixed", "fixing", "fixup", "bug", "broken", "breakage", "after", "since", "prepare for", "in preparation for", "support", "add", "allow", "messages"}, notTheCode...),
		},
		{
			Tag: TagRefactor, Name: "share code", Field: InSubject,
			Any: []string{
				"factor out", "factors out", "factored out", "factoring out", "factor common", "factorize", "factorise",
				"deduplicate", "deduplicates", "de-duplicate", "dedup", "consolidate", "consolidates", "consolidated",
				"split out", "unify", "unifies",
			},
			Unless: append([]string{"fix", "fixes", "fixed", "fixing", "fixup", "bug", "broken", "after", "since", "support", "add", "allow", "defconfig", "defconfigs", "config:", "configs:", "Kconfig", "address",
				"behaviour", "behavior", "environment", "setting", "settings", "size", "strength"}, notTheCode...),
		},
		{
			Tag: TagRefactor, Name: "rename", Field: InSubject,
			Any:     []string{"rename", "renames", "renamed"},
			Pattern: regexp.MustCompile(`(?i)^rename[sd]?\b.*(\w\(\)|\b(struct \w+|functions?|variables?|macros?|members?|helpers?)\b)`),
			Unless:  append([]string{"fix", "fixes", "add", "after", "environment", "command", "and make"}, notTheCode...),
		},
		{
			Tag: TagRefactor, Name: "separate", Field: InSubject,
			Any: []string{
				"separate function", "separate functions", "separate file", "separate files", "own function", "own file", "own files",
				"common function", "common functions", "common file", "helper function", "helper functions",
			},
			Pattern: regexp.MustCompile(`(?i)\b(move|split|extract|turn|pull)\w*\b.*\b(in|to|into)\b.*\b(functions?|files?)\b`),
			Unless:  append([]string{"fix", "fixes", "add", "after"}, notTheCode...),
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
	}
}

var cvePattern = regexp.MustCompile(`(?i)\bCVE-[0-9]{4}-[0-9]{4,}\b`)

// notTheCode are the phrases of subjects whose change is about words, warnings
// or tests, whatever else they mention.
var notTheCode = []string{
	"comment", "comments", "typo", "typos", "spelling", "cosmetic", "documentation", "doc:", "docs:", "Documentation:", "README",
	"warning", "warnings", "false positive", "false positives", "message", "test", "test:", "tests:", "tests for", "selftest:", "selftests:", "efi_selftest:", "kunit:",
	"changelog", "MAINTAINERS",
}
